//! What holds of a cell and is read without its lock, where every message or every poll asks.

use crate::lifecycle::stop_order::StopOrder;
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

/// The line of senders is looked at now and then.
#[cfg(feature = "std")]
pub(super) const WATCHED: u8 = 16;

/// Where the stop order stands, which never changes: two bits that cost the cell no byte.
const STOP_ORDER: u32 = 6;

pub(super) struct Marks(AtomicU8);

impl Marks {
    pub(super) fn new(stop_order: StopOrder) -> Self {
        Marks(AtomicU8::new((stop_order as u8) << STOP_ORDER))
    }

    #[inline]
    pub(super) fn stop_order(&self) -> StopOrder {
        match self.0.load(Ordering::Relaxed) >> STOP_ORDER {
            0 => StopOrder::Worker,
            1 => StopOrder::Channel,
            _ => StopOrder::Transport,
        }
    }

    /// Tells whether any of some marks is set.
    #[inline]
    pub(super) fn has(&self, marks: u8) -> bool {
        self.0.load(Ordering::Relaxed) & marks != 0
    }

    /// Sets a mark, in one order with all changes of marks, and tells whether it was set before.
    pub(super) fn set(&self, mark: u8) -> bool {
        self.0.fetch_or(mark, Ordering::SeqCst) & mark != 0
    }

    /// As [`set`](Self::set), taking the mark away.
    #[cfg(feature = "std")]
    pub(super) fn clear(&self, mark: u8) -> bool {
        self.0.fetch_and(!mark, Ordering::SeqCst) & mark != 0
    }

    /// Sets a mark or takes it away, and tells whether it was set before.
    #[cfg(feature = "std")]
    pub(super) fn put(&self, mark: u8, is_set: bool) -> bool {
        if is_set { self.set(mark) } else { self.clear(mark) }
    }
}
