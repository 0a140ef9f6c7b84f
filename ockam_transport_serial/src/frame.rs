//! The bytes on the line.
//!
//! ```text
//! frame = 00 stuffed(message crc) 00        crc: CRC-32 of the message, lowest byte first
//! ```
//!
//! Zeros occur only between frames: stuffing (COBS) removes them from the content, at the cost of
//! one byte in 254. A reader that starts in the middle of a frame, or receives noise,
//! resynchronises at the next zero, and the checksum tells a frame from noise. Each frame has a
//! zero on both sides, so that noise or the partial frame of a peer that was reset does not damage
//! the frame after it.
//!
//! This module owns delimiting and checking frames. It does not know what a message is.

use crate::check::crc32;
use alloc::vec::Vec;

/// The byte that separates frames.
const MARK: u8 = 0;

/// Length of the checksum in bytes.
const CHECK_LEN: usize = 4;

/// Maximum length of a block of stuffed bytes, including its first byte.
const BLOCK: u8 = 0xff;

/// Appends a message as a frame.
///
/// ```
/// use ockam_transport_serial::{Deframer, write_frame};
///
/// let mut line = Vec::new();
/// write_frame(b"Hello\0", &mut line);
/// let mut deframer = Deframer::new(100);
/// let frames: Vec<Vec<u8>> = line
///     .into_iter()
///     .filter_map(|byte| deframer.push(byte).map(|frame| frame.unwrap().to_vec()))
///     .collect();
/// assert_eq!(frames, [b"Hello\0"]);
/// ```
pub fn write_frame(message: &[u8], line: &mut Vec<u8>) {
    let len = message.len() + CHECK_LEN;
    line.reserve(3 + len + len / usize::from(BLOCK - 1));
    line.push(MARK);
    let check = crc32(message).to_le_bytes();
    let mut head = line.len();
    line.push(1);
    for byte in message.iter().chain(&check) {
        if *byte != MARK {
            line.push(*byte);
            line[head] += 1;
        }
        if *byte == MARK || line[head] == BLOCK {
            head = line.len();
            line.push(1);
        }
    }
    line.push(MARK);
}

/// The reason why the bytes between two delimiters are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Noise or a partial frame.
    Damaged,
    /// More bytes than the limit of a frame.
    TooLong,
}

/// Finds frames in a stream of received bytes.
#[derive(Debug)]
pub struct Deframer {
    frame: Vec<u8>,
    max_message_len: usize,
    /// Number of bytes of the current block that are still missing.
    left: u8,
    /// A zero was removed after the current block.
    zero: bool,
    /// Bytes have arrived since the last delimiter.
    begun: bool,
    fault: Option<Fault>,
}

impl Deframer {
    /// Creates a deframer for messages of at most `limit` bytes. It never buffers more than that
    /// plus the checksum, and no more than has arrived.
    #[must_use]
    pub fn new(max_message_len: usize) -> Self {
        Deframer {
            frame: Vec::new(),
            max_message_len,
            left: 0,
            zero: false,
            begun: false,
            fault: None,
        }
    }

    /// Processes the next byte. On the last byte of a frame, returns the message or the fault.
    pub fn push(&mut self, byte: u8) -> Option<Result<&[u8], Fault>> {
        if byte == MARK {
            return self.end();
        }
        if !self.begun {
            self.begun = true;
            self.frame.clear();
            (self.left, self.zero, self.fault) = (0, false, None);
        }
        if self.fault.is_none() {
            self.unstuff(byte);
        }
        None
    }

    /// Processes a byte other than a delimiter.
    fn unstuff(&mut self, byte: u8) {
        if self.left > 0 {
            self.left -= 1;
            return self.append(byte);
        }
        if self.zero {
            self.append(MARK);
        }
        self.left = byte - 1;
        self.zero = byte < BLOCK;
    }

    fn append(&mut self, byte: u8) {
        if self.frame.len() == self.max_message_len + CHECK_LEN {
            self.fault = Some(Fault::TooLong);
            self.frame = Vec::new();
            return;
        }
        self.frame.push(byte);
    }

    fn end(&mut self) -> Option<Result<&[u8], Fault>> {
        if !core::mem::take(&mut self.begun) {
            // Adjacent frames are separated by two delimiters; between those two there is nothing.
            return None;
        }
        if let Some(fault) = self.fault {
            return Some(Err(fault));
        }
        Some(match self.frame.split_last_chunk() {
            Some((message, check))
                if self.left == 0 && crc32(message) == u32::from_le_bytes(*check) =>
            {
                Ok(message)
            }
            _ => Err(Fault::Damaged),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Deframer, Fault, write_frame};
    use alloc::vec;
    use alloc::vec::Vec;

    const MAX: usize = 1000;

    fn frames(line: &[u8]) -> Vec<Result<Vec<u8>, Fault>> {
        let mut deframer = Deframer::new(MAX);
        line.iter().filter_map(|byte| Some(deframer.push(*byte)?.map(<[u8]>::to_vec))).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        for len in [0, 1, 2, 249, 250, 251, 253, 254, 255, 256, 507, 508, 509, 999, 1000] {
            for fill in [0, 1, 255] {
                let message = vec![fill; len];
                let mut line = Vec::new();
                write_frame(&message, &mut line);
                assert_eq!(line.iter().filter(|byte| **byte == 0).count(), 2);
                assert_eq!(frames(&line), [Ok(message)], "{len} times {fill}");
            }
        }
    }

    #[test]
    fn a_frame_that_is_too_long_is_one_fault_and_the_next_frame_is_read() {
        let mut line = Vec::new();
        write_frame(&[7; MAX + 1], &mut line);
        write_frame(b"next", &mut line);
        assert_eq!(frames(&line), [Err(Fault::TooLong), Ok(b"next".to_vec())]);
        let endless = [9; 100_000];
        let mut deframer = Deframer::new(MAX);
        assert!(endless.iter().all(|byte| deframer.push(*byte).is_none()));
        assert!(deframer.frame.capacity() <= 2 * MAX);
    }

    #[test]
    fn every_cut_loses_one_frame_and_not_the_next() {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        write_frame(b"first \0 message", &mut first);
        write_frame(b"second", &mut second);
        for cut in 0..first.len() - 1 {
            // The peer is reset in the middle of a frame and starts again.
            let line = [&first[..cut], &second].concat();
            assert_eq!(frames(&line).last(), Some(&Ok(b"second".to_vec())), "cut at {cut}");
            assert!(frames(&line).len() <= 2);
            // A reader starts in the middle of a frame.
            let line = [&first[cut + 1..], &second].concat();
            assert_eq!(frames(&line).last(), Some(&Ok(b"second".to_vec())), "from {cut}");
        }
    }

    #[test]
    fn every_wrong_bit_is_found() {
        let mut line = Vec::new();
        write_frame(b"a message \0 of several bytes", &mut line);
        let clean = line.len();
        write_frame(b"next", &mut line);
        for bit in 0..clean * 8 {
            let mut noisy = line.clone();
            noisy[bit / 8] ^= 1 << (bit % 8);
            let frames = frames(&noisy);
            let read: Vec<_> = frames.iter().filter_map(|frame| frame.as_ref().ok()).collect();
            // Losing the delimiter between two frames loses both.
            assert!(
                read.iter()
                    .all(|message| **message == b"next" || bit < 8 || bit >= (clean - 1) * 8),
                "bit {bit}: {read:?}"
            );
            assert!(bit >= (clean - 1) * 8 || read.last() == Some(&&b"next".to_vec()));
        }
    }
}
