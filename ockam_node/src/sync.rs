//! The one lock of the node, and of what comes with it.
//!
//! It is used through a closure, so no lock is ever held across an await, and the same code runs
//! over the standard mutex, over `loom`'s for model checking, and over a critical section, which
//! on one core is the only lock that an interrupt cannot wait for in vain.

#[cfg(not(feature = "std"))]
use core::cell::RefCell;
#[cfg(not(feature = "std"))]
use critical_section::Mutex;
#[cfg(ockam_loom)]
use loom::sync::Mutex;
#[cfg(all(feature = "std", not(ockam_loom)))]
use std::sync::Mutex;

/// Protects a value that several tasks touch for a few instructions at a time.
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct Lock<T>(Mutex<T>);

/// Protects a value that several tasks touch for a few instructions at a time.
#[cfg(not(feature = "std"))]
#[derive(Debug)]
pub struct Lock<T>(Mutex<RefCell<T>>);

#[cfg(not(feature = "std"))]
impl<T> Lock<T> {
    /// Puts a value behind a lock.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Lock(Mutex::new(RefCell::new(value)))
    }

    /// Calls `f` with the value, while nothing interrupts. `f` must not lock the same value, must
    /// not call into user code, and does not await.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        critical_section::with(|section| f(&mut self.0.borrow_ref_mut(section)))
    }

    /// Gives the value without locking, since nobody else can see it.
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().get_mut()
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Lock::new(T::default())
    }
}

#[cfg(feature = "std")]
impl<T> Lock<T> {
    /// Puts a value behind a lock.
    #[must_use]
    pub fn new(value: T) -> Self {
        Lock(Mutex::new(value))
    }

    /// Calls `f` with the value. `f` must not lock anything else but what is documented there,
    /// must not call into user code, and does not await.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // Poison says that some `f` panicked. None is written to, and if one did, the state is
        // still worth more to the other tasks than another panic.
        let mut guard = match self.0.lock() {
            Ok(guard) => guard,
            Err(poisoned) => poisoned.into_inner(),
        };
        f(&mut guard)
    }

    /// Gives the value without locking, since nobody else can see it.
    #[cfg(not(ockam_loom))]
    #[inline]
    pub fn get_mut(&mut self) -> &mut T {
        match self.0.get_mut() {
            Ok(value) => value,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// Gives the value without locking, since nobody else can see it.
    #[cfg(ockam_loom)]
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
