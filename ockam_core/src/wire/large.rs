//! A large message whose payload is still arriving.
//!
//! It owns the payload's memory, into which bytes are written that arrive, so that a large payload
//! is never copied. It refuses to know the spelling of items (`message` reads what is in front of
//! the payload), and is only for payloads that reach to the end of their frame.

use alloc::vec::Vec;
use core::fmt;

use super::message::Beginning;
use crate::TransportMessage;

/// Frames from this size on are begun before they have arrived as a whole.
pub(super) const MIN_LARGE: usize = 64 * 1024;

/// The most bytes that are made ready for one input: few enough to stay in the cache, since they
/// are cleared first.
const CHUNK: usize = 64 * 1024;

/// The room that is taken at once, if the payload needs as much: touched only as bytes arrive, and
/// not moved while it is filled.
const AT_ONCE: usize = 1024 * 1024;

/// Beyond that, how many times as much room there is as bytes have arrived, at most.
const GROWTH: usize = 4;

pub(super) struct Large {
    beginning: Beginning,
    /// As long as what has arrived and the room behind it.
    payload: Vec<u8>,
    arrived: usize,
}

impl Large {
    /// Begins with the bytes of the payload that are there.
    pub(super) fn new(beginning: Beginning, payload: &[u8]) -> Self {
        let mut large = Self { beginning, payload: Vec::new(), arrived: 0 };
        large.append(payload);
        large
    }

    /// Returns the number of bytes that have arrived.
    pub(super) const fn arrived(&self) -> usize {
        self.arrived
    }

    fn left(&self) -> usize {
        self.beginning.payload_len - self.arrived
    }

    pub(super) fn is_whole(&self) -> bool {
        self.left() == 0
    }

    /// Takes the bytes from the front that belong to the payload, and returns the others.
    pub(super) fn append<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (mine, others) = bytes.split_at(bytes.len().min(self.left()));
        self.reserve(mine.len());
        self.payload.truncate(self.arrived);
        self.payload.extend_from_slice(mine);
        self.arrived += mine.len();
        others
    }

    /// Returns room behind what has arrived, not beyond the end of the payload.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.payload.len() == self.arrived {
            let chunk = self.left().min(CHUNK);
            self.reserve(chunk);
            self.payload.resize(self.arrived + chunk, 0);
        }
        &mut self.payload[self.arrived..]
    }

    /// Takes in bytes that were written to the front of the room.
    pub(super) fn filled(&mut self, len: usize) {
        self.arrived = self.payload.len().min(self.arrived + len);
    }

    /// Makes room for more, not over the end of the payload.
    fn reserve(&mut self, more: usize) {
        let needed = self.arrived + more;
        if needed > self.payload.capacity() {
            let room = (GROWTH * self.arrived).max(AT_ONCE);
            let room = room.min(self.beginning.payload_len).max(needed);
            self.payload.reserve_exact(room - self.payload.len());
        }
    }

    pub(super) fn into_message(self) -> TransportMessage {
        let Beginning { onward_route, return_route, .. } = self.beginning;
        TransportMessage::new(onward_route, return_route, self.payload)
    }
}

/// Shows how far it is, not what it holds.
impl fmt::Debug for Large {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.arrived, self.beginning.payload_len)
    }
}
