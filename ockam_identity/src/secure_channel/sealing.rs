//! The sealer of a channel, as its encryptor and the way past that have it.

use crate::channel::Sealer;
#[cfg(feature = "std")]
use alloc::sync::Arc;
#[cfg(feature = "std")]
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// Shared by two who seal.
#[cfg(feature = "std")]
#[derive(Clone)]
pub(super) struct Sealing(Arc<Mutex<Sealer>>);

#[cfg(feature = "std")]
impl Sealing {
    pub(super) fn new(sealer: Sealer) -> Self {
        Sealing(Arc::new(Mutex::new(sealer)))
    }

    /// Calls `f` with the sealer.
    pub(super) fn with<R>(&mut self, f: impl FnOnce(&mut Sealer) -> R) -> R {
        // Poison says that encoding a body panicked, before a number was used.
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives the sealer if nobody else has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Sealer>> {
        match self.0.try_lock() {
            Ok(sealer) => Some(sealer),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Only the encryptor's: without an operating system a lock keeps interrupts waiting.
#[cfg(not(feature = "std"))]
pub(super) struct Sealing(Sealer);

#[cfg(not(feature = "std"))]
impl Sealing {
    pub(super) fn new(sealer: Sealer) -> Self {
        Sealing(sealer)
    }

    /// Calls `f` with the sealer.
    pub(super) fn with<R>(&mut self, f: impl FnOnce(&mut Sealer) -> R) -> R {
        f(&mut self.0)
    }
}
