//! What went over a connection, in numbers.

use core::sync::atomic::{AtomicU64, Ordering};

/// Counts what one connection carried.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) messages_in: Counter,
    pub(crate) messages_out: Counter,
    pub(crate) dropped: Counter,
}

impl Traffic {
    /// Counts messages that were written, and their bytes.
    pub(crate) fn count_out(&self, (messages, bytes): (usize, usize)) {
        self.messages_out.add(messages);
        self.bytes_out.add(bytes);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
