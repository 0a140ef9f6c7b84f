//! Counters of sent, received and skipped messages.

use core::sync::atomic::{AtomicUsize, Ordering};

/// Counters of a line since its link was started. Every counter wraps around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SerialStatistics {
    /// Messages that were written completely.
    pub sent: usize,
    /// Messages that arrived and were delivered to a worker.
    pub received: usize,
    /// Byte sequences between two delimiters that are not a frame: noise and partial frames.
    pub damaged: usize,
    /// Byte sequences longer than the limit of a frame.
    pub too_long: usize,
    /// Frames without a valid message, or with one over the limits of routes and addresses.
    pub undecodable: usize,
    /// Messages without an onward route, which some peers send as keep-alives.
    pub heartbeats: usize,
    /// Messages to workers that do not exist, have stopped or are no consumers of this link.
    pub refused: usize,
    /// Read errors: bytes that were lost or had framing errors.
    pub read_errors: usize,
}

/// The counters behind [`SerialStatistics`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sent: Counter,
    pub(crate) received: Counter,
    pub(crate) damaged: Counter,
    pub(crate) too_long: Counter,
    pub(crate) undecodable: Counter,
    pub(crate) heartbeats: Counter,
    pub(crate) refused: Counter,
    pub(crate) read_errors: Counter,
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicUsize);

impl Counter {
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn value(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    pub(crate) fn snapshot(&self) -> SerialStatistics {
        SerialStatistics {
            sent: self.sent.value(),
            received: self.received.value(),
            damaged: self.damaged.value(),
            too_long: self.too_long.value(),
            undecodable: self.undecodable.value(),
            heartbeats: self.heartbeats.value(),
            refused: self.refused.value(),
            read_errors: self.read_errors.value(),
        }
    }
}
