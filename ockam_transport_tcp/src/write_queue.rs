//! Messages on their way into a socket: as many as there are, with one call.
//!
//! It owns the bytes of a batch and the messages they were made of, until all are written. It
//! refuses to know sockets: it shows slices and is told how many bytes of them were written.

use core::mem;
use core::ops::Range;
use ockam_core::{
    Error, ErrorKind, LocalMessage, MAX_FRAME_LEN, WireError, encode_frame, encode_frame_head,
};
use std::io::IoSlice;

/// How many bytes a batch has before it is written, messages larger than that aside.
pub const MAX_BATCH_LEN: usize = 256 * 1024;

/// How many messages a batch has at most.
const MAX_BATCH_MESSAGES: usize = 4096;

/// Payloads from this size on are written from where they are instead of copied.
const LARGE_PAYLOAD: usize = 4 * 1024;

/// How many slices one call gets at most; systems take 1,024.
const MAX_SLICES: usize = 64;

/// Room that is kept from one batch to the next.
const MAX_KEPT: usize = 16 * 1024;

/// How many bytes of a frame are its length, which its limit does not count.
const LENGTH_LEN: usize = 4;

/// Collects a batch and hands it out as slices.
pub(crate) struct WriteQueue {
    /// How large the message of a frame may be.
    max_frame_len: usize,
    /// Frames, without the payloads that are large.
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// The messages of the batch: for those whose payloads are large, and to account for all of
    /// them if they cannot be written.
    messages: Vec<LocalMessage>,
    /// How many bytes the batch has in all, and how many of them are written.
    len: usize,
    written: usize,
    /// The first piece that is not written, and how much of it is.
    next: usize,
    offset: usize,
}

enum Piece {
    Bytes(Range<usize>),
    /// The payload of a message.
    Payload(usize),
}

impl WriteQueue {
    /// Makes one that takes messages of so many bytes, and of no more than the protocol allows.
    pub(crate) fn new(max_frame_len: usize) -> Self {
        WriteQueue {
            max_frame_len,
            bytes: Vec::new(),
            pieces: Vec::new(),
            messages: Vec::new(),
            len: 0,
            written: 0,
            next: 0,
            offset: 0,
        }
    }

    /// Adds a message. Gives it back if it cannot be written as a frame, or not as one that the other
    /// side takes.
    pub(crate) fn add(&mut self, message: LocalMessage) -> Result<(), (Error, LocalMessage)> {
        let begin = self.bytes.len();
        let transport = message.transport();
        let large = match transport.payload.to_bytes() {
            Ok(payload) if payload.len() < LARGE_PAYLOAD => {
                encode_frame(transport, &mut self.bytes).map(|()| 0)
            }
            Ok(_) => encode_frame_head(transport, &mut self.bytes).map(<[u8]>::len),
            Err(error) => Err(WireError::Body(error)),
        };
        let large = match large {
            Ok(large) => large,
            Err(error) => return Err((self.refused(error), message)),
        };
        let end = self.bytes.len();
        let len = end - begin + large - LENGTH_LEN;
        if len > self.max_frame_len {
            self.bytes.truncate(begin);
            return Err((self.refused(WireError::MessageTooLarge { len }), message));
        }
        match self.pieces.last_mut() {
            Some(Piece::Bytes(range)) => range.end = end,
            _ => self.pieces.push(Piece::Bytes(begin..end)),
        }
        if large > 0 {
            self.pieces.push(Piece::Payload(self.messages.len()));
        }
        self.len += end - begin + large;
        self.messages.push(message);
        Ok(())
    }

    /// Says why a message is not written.
    #[cold]
    fn refused(&self, error: WireError) -> Error {
        match error {
            WireError::Body(_) => Error::with_kind(ErrorKind::Encoding, error),
            WireError::MessageTooLarge { len } if self.max_frame_len < MAX_FRAME_LEN => {
                let limit = self.max_frame_len;
                let text = format!(
                    "message of {len} bytes is larger than the limit of {limit} bytes for what is \
                     sent: send less at a time, or set with_max_sent_frame_len of the connection's \
                     options to what the other side takes, at most {MAX_FRAME_LEN} bytes"
                );
                Error::with_kind(ErrorKind::InvalidInput, text)
            }
            _ => Error::with_kind(ErrorKind::InvalidInput, error),
        }
    }

    /// Tells whether the batch should be written before it gets more.
    pub(crate) fn is_full(&self) -> bool {
        self.len >= MAX_BATCH_LEN || self.messages.len() >= MAX_BATCH_MESSAGES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Tells whether some of it is written.
    pub(crate) fn is_begun(&self) -> bool {
        self.written > 0
    }

    pub(crate) fn is_written(&self) -> bool {
        self.written == self.len
    }

    /// Shows what is to be written next, and calls `write` with it.
    pub(crate) fn write<R>(&self, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        let left = &self.pieces[self.next..];
        if let [only] = left {
            return write(&[IoSlice::new(&self.slice(only)[self.offset..])]);
        }
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = 0;
        for (place, piece) in left.iter().take(MAX_SLICES).enumerate() {
            let offset = if place == 0 { self.offset } else { 0 };
            slices[place] = IoSlice::new(&self.slice(piece)[offset..]);
            count += 1;
        }
        write(&slices[..count])
    }

    fn slice(&self, piece: &Piece) -> &[u8] {
        match piece {
            Piece::Bytes(range) => &self.bytes[range.clone()],
            Piece::Payload(place) => self.messages[*place].payload(),
        }
    }

    /// Takes note of bytes that were written.
    pub(crate) fn advance(&mut self, mut written: usize) {
        self.written += written;
        while let Some(piece) = self.pieces.get(self.next) {
            let left = self.slice(piece).len() - self.offset;
            if written < left {
                self.offset += written;
                return;
            }
            written -= left;
            (self.next, self.offset) = (self.next + 1, 0);
        }
    }

    /// Returns how many bytes the batch has, those included that are written.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Ends the batch, and returns its messages.
    pub(crate) fn finish(&mut self) -> impl Iterator<Item = LocalMessage> + '_ {
        self.bytes.clear();
        self.bytes.shrink_to(MAX_KEPT);
        self.pieces.clear();
        (self.len, self.written, self.next, self.offset) = (0, 0, 0, 0);
        self.messages.drain(..)
    }

    /// Ends the batch, and returns the numbers of messages and of bytes that it had.
    pub(crate) fn sent(&mut self) -> (usize, usize) {
        let len = mem::take(&mut self.len);
        let messages = self.finish().count();
        (messages, len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ockam_core::{TransportMessage, route};

    fn queue() -> WriteQueue {
        WriteQueue::new(MAX_FRAME_LEN)
    }

    fn message(len: usize) -> LocalMessage {
        TransportMessage::new(route!["echoer"], route!["app"], vec![len as u8; len]).into()
    }

    fn frame_of(len: usize) -> Vec<u8> {
        let mut frame = Vec::new();
        encode_frame(message(len).transport(), &mut frame).unwrap();
        frame
    }

    /// Writes all, `step` bytes at a time.
    fn written(queue: &mut WriteQueue, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        while !queue.is_written() {
            let piece = queue.write(|slices| {
                let mut left = step;
                let mut bytes = Vec::new();
                for slice in slices {
                    bytes.extend_from_slice(&slice[..left.min(slice.len())]);
                    left = step - bytes.len();
                }
                bytes
            });
            queue.advance(piece.len());
            all.extend(piece);
        }
        all
    }

    #[test]
    fn a_batch_is_its_frames_one_after_the_other_whatever_pieces_are_written() {
        let lens = [1, 5000, 0, 4096, 4095, 10_000, 7];
        let frames = lens.map(frame_of).concat();
        for step in [1, 3, 1000, 5016, usize::MAX] {
            let mut queue = queue();
            lens.iter().for_each(|len| queue.add(message(*len)).unwrap());
            assert!(written(&mut queue, step) == frames, "{step}");
            assert_eq!(queue.sent(), (lens.len(), frames.len()));
            assert!(queue.is_written());
        }
    }

    #[test]
    fn a_batch_of_many_large_messages_takes_several_calls() {
        let mut queue = queue();
        (0..3 * MAX_SLICES).for_each(|_| queue.add(message(LARGE_PAYLOAD)).unwrap());
        assert!(queue.is_full());
        let frame = frame_of(LARGE_PAYLOAD);
        assert!(written(&mut queue, usize::MAX) == frame.repeat(3 * MAX_SLICES));
    }

    #[test]
    fn a_message_that_does_not_fit_comes_back_and_leaves_the_batch_alone() {
        let mut queue = queue();
        queue.add(message(3)).unwrap();
        let (error, back) = queue.add(message(MAX_FRAME_LEN)).unwrap_err();
        assert!(error.to_string().ends_with("limit of 16777216 bytes: send less at a time"));
        assert_eq!(back.payload().len(), MAX_FRAME_LEN);
        assert_eq!(written(&mut queue, usize::MAX), frame_of(3));
    }

    #[test]
    fn a_message_larger_than_the_limit_comes_back_and_leaves_the_batch_alone() {
        // Copied, and written from where they are.
        for len in [100, LARGE_PAYLOAD] {
            let limit = frame_of(len).len() - LENGTH_LEN;
            let mut queue = WriteQueue::new(limit);
            queue.add(message(len)).unwrap();
            let (error, back) = queue.add(message(len + 1)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            let text =
                format!("message of {} bytes is larger than the limit of {limit}", limit + 1);
            assert!(error.to_string().starts_with(&text), "{error}");
            assert_eq!(back.payload().len(), len + 1);
            queue.add(message(7)).unwrap();
            assert!(written(&mut queue, usize::MAX) == [frame_of(len), frame_of(7)].concat());
        }
    }
}
