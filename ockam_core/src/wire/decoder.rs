//! The bytes of one direction that have arrived, cut into frames.
//!
//! It owns the preface, the lengths, and the bytes of the frame that is not whole yet. It refuses
//! to know how bytes arrive, and what is in a frame (`message`).
//!
//! ```text
//! Preface --01--> Frames
//! Preface --any other byte--> Failed
//! Frames  --length over the limit, message that does not decode--> Failed
//! Failed  --anything--> Failed
//! ```

use alloc::vec::Vec;
use core::fmt;
use core::mem;

use super::message::{Decoded, read_message};
use super::{LENGTH_LEN, MAX_FRAME_LEN, PREFACE, WireError};

/// The most bytes of room that are kept for later input.
///
/// A connection that once carried a frame of 16 MiB gives the memory back. Up to this size it
/// keeps it, so that usual traffic does not allocate for every input.
const MAX_KEPT_CAPACITY: usize = 256 * 1024;

/// Turns the bytes of one direction of a connection into messages.
///
/// A transport hands over what arrived and asks for messages until there is none:
///
/// ```
/// use ockam_core::{Decoded, FrameDecoder, TransportMessage, WireError, route};
///
/// fn on_input(decoder: &mut FrameDecoder, bytes: &[u8]) -> Result<Vec<TransportMessage>, WireError> {
///     decoder.handle_input(bytes);
///     let mut messages = Vec::new();
///     while let Some(decoded) = decoder.poll_message()? {
///         if let Decoded::Message(message) = decoded {
///             messages.push(message);
///         }
///     }
///     Ok(messages)
/// }
///
/// let mut decoder = FrameDecoder::new();
/// let frame = b"\x83\x81\x82\0\x46echoer\x81\x82\0\x43app\x42\x01a";
/// assert_eq!(on_input(&mut decoder, b"\x01\0\0\0\x15"), Ok(vec![]));
/// let messages = on_input(&mut decoder, frame)?;
/// assert_eq!(messages, [TransportMessage::new(route!["echoer"], route!["app"], b"\x01a")]);
/// # Ok::<(), WireError>(())
/// ```
///
/// It holds what was handed over and not yet read, and never room for what a frame only
/// announces. An error is final: the transport closes the connection, because nobody can say
/// where the next frame begins in the mind of such a peer.
pub struct FrameDecoder {
    state: State,
    /// What has arrived; the preface is never in it.
    buffer: Vec<u8>,
    /// Where the first frame that has not been read begins in the buffer.
    start: usize,
}

#[derive(Debug)]
enum State {
    /// Nothing has arrived.
    Preface,
    Frames,
    /// It is told at every poll, so that no caller can miss it.
    Failed(WireError),
}

impl FrameDecoder {
    /// Makes the decoder of a connection, which begins with [`PREFACE`].
    #[must_use]
    pub const fn new() -> Self {
        Self { state: State::Preface, buffer: Vec::new(), start: 0 }
    }

    /// Makes the decoder of a stream that begins with a frame, such as a serial link.
    #[must_use]
    pub const fn without_preface() -> Self {
        Self { state: State::Frames, buffer: Vec::new(), start: 0 }
    }

    /// Takes bytes that arrived, any number of them.
    ///
    /// Poll until there is no message before the next input, so that no more is held than one
    /// input and the frame that it ends in. What is wrong with the bytes is said by
    /// [`poll_message`](Self::poll_message); after that, input is ignored.
    pub fn handle_input(&mut self, mut bytes: &[u8]) {
        if let State::Preface = self.state {
            let Some((&first, rest)) = bytes.split_first() else { return };
            if first != PREFACE {
                return self.fail(WireError::Preface { found: first });
            }
            self.state = State::Frames;
            bytes = rest;
        }
        if let State::Failed(_) = self.state {
            return;
        }
        self.compact();
        self.reserve(bytes.len());
        self.buffer.extend_from_slice(bytes);
        self.check_length();
    }

    /// Returns what the next frame was, or `None` if it has not arrived as a whole.
    ///
    /// The payload is copied out of the frame once, into the message.
    ///
    /// # Errors
    /// [`WireError`] if the peer broke a rule of the protocol: the connection has to be closed.
    /// The messages of earlier frames come first. Every later call gives the same error.
    pub fn poll_message(&mut self) -> Result<Option<Decoded>, WireError> {
        if let State::Failed(error) = &self.state {
            return Err(error.clone());
        }
        let Some(end) = self.frame_end() else { return Ok(None) };
        let Some(message) = self.buffer.get(self.start + LENGTH_LEN..end) else { return Ok(None) };
        match read_message(message) {
            Ok(decoded) => {
                self.consume(end);
                Ok(Some(decoded))
            }
            Err(error) => {
                self.fail(error.clone());
                Err(error)
            }
        }
    }

    /// Returns true if the stream may not end here: a frame has begun and is not whole.
    ///
    /// Poll until there is no message first. A frame that the end of a stream cuts short is no
    /// message and no error; it is only worth a line in a log. After an error it is false.
    #[must_use]
    pub fn is_mid_frame(&self) -> bool {
        self.buffered_len() > 0
    }

    /// Returns the number of bytes that were handed over and have not been read.
    #[must_use]
    pub fn buffered_len(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Returns where the first frame ends in the buffer, if its length has arrived.
    fn frame_end(&self) -> Option<usize> {
        // The length is within the limit, or the decoder had failed.
        self.length().map(|length| self.start + LENGTH_LEN + length as usize)
    }

    /// Returns the length that stands before the first frame.
    fn length(&self) -> Option<u32> {
        self.buffer[self.start..].first_chunk().copied().map(u32::from_be_bytes)
    }

    /// Looks at the length of a frame as soon as it has arrived, so that nothing more is held of
    /// a frame that will not be read.
    fn check_length(&mut self) {
        match self.length() {
            Some(len) if len as usize > MAX_FRAME_LEN => {
                self.fail(WireError::FrameTooLarge { len });
            }
            _ => (),
        }
    }

    fn consume(&mut self, end: usize) {
        self.start = end;
        if self.start == self.buffer.len() {
            self.compact();
        }
        self.check_length();
    }

    /// Forgets the bytes that were read, when they are as many as those that have to move. So
    /// each byte moves at most once on average.
    fn compact(&mut self) {
        let left = self.buffered_len();
        if self.start < left {
            return;
        }
        self.buffer.drain(..mem::take(&mut self.start));
        if self.buffer.capacity() > MAX_KEPT_CAPACITY && left <= MAX_KEPT_CAPACITY {
            self.buffer.shrink_to(MAX_KEPT_CAPACITY);
        }
    }

    /// Makes room for bytes that arrived: doubling, as vectors do, but not over the end of the
    /// frame that they belong to.
    fn reserve(&mut self, arrived: usize) {
        let needed = self.buffer.len() + arrived;
        let capacity = self.buffer.capacity();
        if needed <= capacity {
            return;
        }
        let doubled = 2 * capacity;
        let room = self.frame_end().map_or(doubled, |end| doubled.min(end)).max(needed);
        self.buffer.reserve_exact(room - self.buffer.len());
    }

    /// Ends the work: whatever is held came from a peer that is not believed any more.
    #[cold]
    fn fail(&mut self, error: WireError) {
        self.state = State::Failed(error);
        self.buffer = Vec::new();
        self.start = 0;
    }
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows how far it is, not what it holds: payloads do not belong into logs.
impl fmt::Debug for FrameDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameDecoder")
            .field("state", &self.state)
            .field("buffered_len", &self.buffered_len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TransportMessage, encode_frame, route};
    use alloc::vec;

    fn frame(payload_len: usize) -> Vec<u8> {
        let mut frame = Vec::new();
        let message = TransportMessage::new(route!["a"], route![], vec![7; payload_len]);
        encode_frame(&message, &mut frame).unwrap();
        frame
    }

    #[test]
    fn room_grows_with_what_arrives_and_not_with_what_is_announced() {
        let mut decoder = FrameDecoder::without_preface();
        decoder.handle_input(&[0x01, 0, 0, 0]);
        for _ in 0..100 {
            decoder.handle_input(&[0x83]);
        }
        assert_eq!(decoder.poll_message(), Ok(None));
        assert!(decoder.buffer.capacity() <= 2 * 104, "{}", decoder.buffer.capacity());
    }

    #[test]
    fn room_does_not_grow_over_the_end_of_a_large_frame_and_is_given_back() {
        let mut decoder = FrameDecoder::without_preface();
        let frame = frame(MAX_FRAME_LEN - 100);
        for bytes in frame.chunks(60_000) {
            decoder.handle_input(bytes);
            assert!(decoder.buffer.capacity() <= frame.len());
        }
        assert!(matches!(decoder.poll_message(), Ok(Some(_))));
        assert!(decoder.buffer.capacity() <= MAX_KEPT_CAPACITY);
    }

    #[test]
    fn what_was_read_is_forgotten_even_if_frames_never_end_with_the_input() {
        let mut decoder = FrameDecoder::without_preface();
        let frame = frame(1000);
        let bytes = frame.repeat(100);
        let mut messages = 0;
        for bytes in bytes.chunks(frame.len() + 1) {
            decoder.handle_input(bytes);
            while let Ok(Some(_)) = decoder.poll_message() {
                messages += 1;
            }
            assert!(decoder.buffer.len() < 3 * frame.len());
        }
        assert_eq!((messages, decoder.buffered_len()), (100, 0));
    }

    #[test]
    fn a_failed_decoder_holds_nothing() {
        let mut decoder = FrameDecoder::without_preface();
        decoder.handle_input(&[0xff; 1000]);
        decoder.handle_input(&[0xff; 1000]);
        assert_eq!((decoder.buffered_len(), decoder.buffer.capacity()), (0, 0));
    }
}
