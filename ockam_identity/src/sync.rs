//! The lock of this crate.
//!
//! [`Lock::with`] takes a closure, so that the lock cannot be held across an await. `try_lock`
//! returns a guard; its caller must not await while holding it.

#[cfg(not(feature = "std"))]
use core::cell::RefCell;
#[cfg(not(feature = "std"))]
use critical_section::Mutex;
#[cfg(feature = "std")]
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Protects a value that several tasks touch for a few instructions at a time.
#[cfg(feature = "std")]
pub(crate) struct Lock<T>(Mutex<T>);

#[cfg(feature = "std")]
impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Lock(Mutex::new(value))
    }

    /// Calls `f` with the value. `f` must not lock the same value and must not call user code.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        // Poison means that some `f` panicked, which none is written to do.
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Locks the value if it is not locked.
    #[cfg(feature = "node")]
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(value) => Some(value),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Protects a value that several tasks touch for a few instructions at a time.
#[cfg(not(feature = "std"))]
pub(crate) struct Lock<T>(Mutex<RefCell<T>>);

#[cfg(not(feature = "std"))]
impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Lock(Mutex::new(RefCell::new(value)))
    }

    /// Calls `f` with the value, while nothing interrupts. `f` must not lock the same value and
    /// must not call user code.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        critical_section::with(|section| f(&mut self.0.borrow_ref_mut(section)))
    }
}

impl<T: Default> Default for Lock<T> {
    fn default() -> Self {
        Lock::new(T::default())
    }
}
