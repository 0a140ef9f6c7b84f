//! What holds of a cell and is read without its lock, where every message or every poll asks.

use core::sync::atomic::{AtomicU8, Ordering};

/// The worker's code is dropped where it waits, and runs no further.
pub(super) const CUT: u8 = 1;

/// The node knows a way past the inbox: few have one, so it costs the others no pointer.
#[cfg(feature = "std")]
pub(super) const SHORTCUT: u8 = 2;

/// It was the program that had it cut off.
#[cfg(feature = "std")]
pub(super) const KILLED: u8 = 4;

/// What is queued is not handled any more.
#[cfg(feature = "std")]
pub(super) const DISCARDS: u8 = 8;

#[derive(Default)]
pub(super) struct Marks(AtomicU8);

impl Marks {
    /// Tells whether any of some marks is set.
    #[inline]
    pub(super) fn has(&self, marks: u8) -> bool {
        self.0.load(Ordering::Relaxed) & marks != 0
    }

    /// Sets a mark, and tells whether it was set before.
    pub(super) fn set(&self, mark: u8) -> bool {
        self.0.fetch_or(mark, Ordering::Relaxed) & mark != 0
    }

    /// Takes a mark away, and tells whether it was set before.
    #[cfg(feature = "std")]
    pub(super) fn clear(&self, mark: u8) -> bool {
        self.0.fetch_and(!mark, Ordering::Relaxed) & mark != 0
    }
}
