//! The sealer of a channel, as its encryptor and the way past that have it.

use crate::channel::Sealer;
#[cfg(feature = "std")]
use crate::sync::Lock;
#[cfg(feature = "std")]
use alloc::sync::Arc;
#[cfg(feature = "std")]
use core::mem;
#[cfg(feature = "std")]
use std::sync::MutexGuard;

/// Shared by two who seal. There is no sealer while the channel is made again.
#[cfg(feature = "std")]
#[derive(Clone)]
pub(super) struct Sealing(Arc<Lock<Option<Sealer>>>);

#[cfg(feature = "std")]
impl Sealing {
    pub(super) fn new(sealer: Sealer) -> Self {
        Sealing(Arc::new(Lock::new(Some(sealer))))
    }

    /// Calls `f` with the sealer, if there is one.
    pub(super) fn with<R>(&mut self, f: impl FnOnce(&mut Sealer) -> R) -> Option<R> {
        self.0.with(|sealer| sealer.as_mut().map(f))
    }

    /// Gives the sealer if nobody else has it.
    pub(super) fn try_lock(&self) -> Option<MutexGuard<'_, Option<Sealer>>> {
        self.0.try_lock()
    }

    /// Puts another sealer, or none, in its place, and calls `meanwhile` before anybody sees that.
    pub(super) fn replace(&self, sealer: Option<Sealer>, meanwhile: impl FnOnce()) {
        let old = self.0.with(|known| {
            meanwhile();
            mem::replace(known, sealer)
        });
        drop(old);
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
    pub(super) fn with<R>(&mut self, f: impl FnOnce(&mut Sealer) -> R) -> Option<R> {
        Some(f(&mut self.0))
    }
}
