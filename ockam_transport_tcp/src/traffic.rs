//! What went over a connection, in numbers, and what of it was not acknowledged.
//!
//! When a socket is reset the system forgets what it held. So it is looked from time to time how much
//! that is, and what was written since counts as well: the number is the most that can be missing.

use crate::acknowledged::{Ends, Unacknowledged};
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::net::TcpStream;

/// How many bytes are written between two looks at how many of them are acknowledged. To write them
/// takes the system some fifty times as long as to look.
const LOOK_EACH: u64 = 4 * 1024 * 1024;

/// Counts what one connection carried.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) messages_in: Counter,
    pub(crate) messages_out: Counter,
    pub(crate) dropped: Counter,
    /// Those of them for which nothing was at an address that no node has drawn.
    pub(crate) to_nobody: Counter,
    /// Messages that could not be written as they are.
    pub(crate) unsent: Counter,
    /// Bytes that were written to sockets that were lost, and may not have arrived.
    pub(crate) unacknowledged: Counter,
    look: Mutex<Look>,
    next_look: AtomicU64,
}

/// What was known at the last look.
#[derive(Debug, Default)]
struct Look {
    /// The system tells at all.
    is_told: bool,
    /// How many bytes were written in all, and how many of them were not acknowledged.
    written: u64,
    left: u64,
}

impl Traffic {
    /// Counts messages that were written to a socket, and their bytes.
    pub(crate) fn count_out(&self, stream: &TcpStream, (messages, bytes): (usize, usize)) {
        self.messages_out.add(messages);
        self.bytes_out.add(bytes);
        if self.bytes_out.value() >= self.next_look.load(Ordering::Relaxed) {
            self.look(stream);
        }
    }

    /// Notes how much of what was written is not acknowledged: of a new socket, and now and then.
    pub(crate) fn look(&self, stream: &TcpStream) {
        // Before the system is asked: what is written in between counts twice, and not never.
        let written = self.bytes_out.value();
        self.next_look.store(written.saturating_add(LOOK_EACH), Ordering::Relaxed);
        if let Unacknowledged::Bytes(left) = Ends::of(stream).unacknowledged() {
            self.note(Look { is_told: true, written, left: left.into() });
        }
    }

    /// Counts what may be lost with a socket, and returns it: at most so many bytes have not been
    /// acknowledged. It is 0 where the system does not tell.
    pub(crate) fn count_lost(&self, stream: &TcpStream) -> u64 {
        let known = Ends::of(stream).unacknowledged();
        let written = self.bytes_out.value();
        let before = self.note(Look { is_told: true, written, left: 0 });
        let lost = match known {
            Unacknowledged::Bytes(left) => left.into(),
            _ if before.is_told => before.left + written.saturating_sub(before.written),
            _ => 0,
        };
        self.unacknowledged.add(usize::try_from(lost).unwrap_or(usize::MAX));
        lost
    }

    /// Replaces what is known.
    fn note(&self, look: Look) -> Look {
        let mut known = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        core::mem::replace(&mut known, look)
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
