//! The sealer of a channel, as its encryptor and the way past that have it.

use crate::channel::Sealer;
#[cfg(feature = "std")]
use crate::sync::Lock;
#[cfg(feature = "std")]
use alloc::sync::Arc;
#[cfg(feature = "std")]
use std::sync::MutexGuard;

/// Shared by two who seal.
#[cfg(feature = "std")]
#[derive(Clone)]
pub(super) struct Sealing(Arc<Lock<Sealer>>);

#[cfg(feature = "std")]
impl Sealing {
    pub(super) fn new(sealer: Sealer) -> Self {
        Sealing(Arc::new(Lock::new(sealer)))
    }

    /// Calls `f` with the sealer.
    pub(super) fn with<R>(&mut self, f: impl FnOnce(&mut Sealer) -> R) -> R {
        self.0.with(f)
    }

    /// Gives the sealer if nobody else has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Sealer>> {
        self.0.try_lock()
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
