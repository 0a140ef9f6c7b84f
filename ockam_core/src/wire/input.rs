//! The bytes that have arrived and were not read.
//!
//! It owns the memory: how it grows, when bytes move, what is given back. It refuses to know what
//! a frame is; the caller says how many bytes the one in front will have.

use alloc::vec::Vec;
use core::mem;

/// The most bytes of room that are kept for later input.
///
/// A connection that once carried a frame of 16 MiB gives the memory back. Up to this size it
/// keeps it while it is busy, so that a stream of frames of 1 MiB does not allocate and clear as
/// much for each.
const MAX_KEPT_CAPACITY: usize = 4 * 1024 * 1024;

/// Holds bytes in the order in which they arrived, and gives them away from the front.
///
/// ```text
/// buffer = read before | bytes | room for what arrives
///                      ^ start ^ end                  ^ buffer.len()
/// ```
pub(super) struct Input {
    /// All of it is initialised, so that a transport can have it written to.
    buffer: Vec<u8>,
    /// Where the bytes begin that were not read.
    start: usize,
    /// Where they end.
    end: usize,
}

impl Input {
    pub(super) const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, end: 0 }
    }

    /// Returns what has arrived and was not read.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Puts bytes at the end. `frame_len` is the size of the frame in front, or 0 if it is not
    /// known.
    pub(super) fn append(&mut self, bytes: &[u8], frame_len: usize) {
        self.room(bytes.len(), frame_len)[..bytes.len()].copy_from_slice(bytes);
        self.filled(bytes.len());
    }

    /// Returns room at the end, for at least `len` bytes and for as many as there is room for.
    pub(super) fn room(&mut self, len: usize, frame_len: usize) -> &mut [u8] {
        if self.buffer.len() - self.end < len {
            self.compact();
            self.reserve(len, frame_len);
        }
        &mut self.buffer[self.end..]
    }

    /// Takes in bytes that were written to the front of the room.
    pub(super) fn filled(&mut self, len: usize) {
        self.end = self.buffer.len().min(self.end + len);
    }

    /// Gives memory back that the bytes do not need.
    pub(super) fn shrink(&mut self, room: usize) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= mem::take(&mut self.start);
        self.buffer.truncate(self.end.max(room));
        self.buffer.shrink_to_fit();
    }

    /// Takes a number of bytes from the front, which are there.
    pub(super) fn consume(&mut self, len: usize) {
        self.start += len;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.give_back();
        }
    }

    /// Forgets the bytes that were read, when they are as many as those that have to move. So
    /// each byte moves at most once on average.
    fn compact(&mut self) {
        if self.start >= self.bytes().len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= mem::take(&mut self.start);
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if self.buffer.len() > MAX_KEPT_CAPACITY && self.end <= MAX_KEPT_CAPACITY {
            self.shrink(MAX_KEPT_CAPACITY);
        }
    }

    /// Makes room for bytes that arrived: doubling, as vectors do, but not over the end of the
    /// frame in front, so that a frame of 16 MiB does not take 32.
    fn reserve(&mut self, arrived: usize, frame_len: usize) {
        let needed = self.end + arrived;
        let len = self.buffer.len();
        if needed > len {
            let doubled = 2 * len;
            let end = if frame_len > 0 { self.start + frame_len } else { doubled };
            let room = doubled.min(end).max(needed);
            self.buffer.reserve_exact(room - len);
            self.buffer.resize(room, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn room_grows_with_what_arrives_and_not_with_what_is_announced() {
        let mut input = Input::new();
        for len in 1..1000 {
            input.append(&[7], 16_000_000);
            assert!(input.buffer.capacity() <= 2 * len);
        }
    }

    #[test]
    fn room_does_not_grow_over_the_end_of_a_frame_and_is_given_back() {
        let mut input = Input::new();
        let frame_len = 16_000_000;
        for _ in 0..frame_len / 50_000 {
            input.append(&[7; 50_000], frame_len);
            assert!(input.buffer.capacity() <= frame_len);
        }
        input.consume(frame_len);
        assert!(input.buffer.capacity() <= MAX_KEPT_CAPACITY);
    }

    #[test]
    fn what_was_read_is_forgotten_even_if_something_is_always_left() {
        let mut input = Input::new();
        for _ in 0..1000 {
            input.append(&[7; 1001], 1000);
            while input.bytes().len() > 1000 {
                input.consume(1000);
            }
            assert!(input.buffer.len() <= 4000, "{}", input.buffer.len());
        }
    }

    #[test]
    fn a_small_rest_is_moved_out_of_a_large_room() {
        let mut input = Input::new();
        input.append(&vec![7; 8_000_001], 8_000_000);
        input.consume(8_000_000);
        input.append(&[7], 0);
        assert_eq!(input.bytes(), [7, 7]);
        assert!(input.buffer.capacity() <= MAX_KEPT_CAPACITY);
        input.shrink(10);
        assert_eq!(input.bytes(), [7, 7]);
        assert!(input.buffer.capacity() < 100);
    }
}
