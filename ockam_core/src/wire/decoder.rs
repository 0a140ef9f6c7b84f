//! The bytes of one direction that have arrived, cut into frames.
//!
//! It owns the preface, the lengths, and what happens after a fault. It refuses to know how bytes
//! arrive, how they are stored (`input`), and what is in a frame (`message`).
//!
//! ```text
//! Preface --01--> Frames <--payload whole, large frame begun--> Large
//! Preface --any other byte--> Failed
//! Frames  --length over the limit, message that does not decode--> Failed
//! Failed  --anything--> Failed
//! ```

use alloc::boxed::Box;
use core::fmt;
use core::mem;

use super::input::Input;
use super::large::{Large, MIN_LARGE};
use super::message::{Decoded, MAX_BEGINNING_LEN, read_beginning, read_message};
use super::{LENGTH_LEN, MAX_FRAME_LEN, PREFACE, WireError};

/// Turns the bytes of one direction of a connection into messages.
///
/// A transport hands over what arrived and asks for messages until there is none:
///
/// ```
/// use ockam_core::{Decoded, FrameDecoder, TransportMessage, WireError, route};
///
/// type Messages = Vec<TransportMessage>;
///
/// fn on_input(decoder: &mut FrameDecoder, bytes: &[u8]) -> Result<Messages, WireError> {
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
/// assert_eq!(messages, [TransportMessage::new(route!["echoer"], route!["app"], vec![1, b'a'])]);
/// # Ok::<(), WireError>(())
/// ```
///
/// It holds what was handed over and not yet read. Of what a frame only announces it takes room for
/// no more than the first MiB of a large payload, most of it untouched, and beyond that for four
/// times as much as has arrived. An error is final: the transport closes the connection, because nobody can say
/// where the next frame begins in the mind of such a peer.
pub struct FrameDecoder {
    state: State,
    /// What has arrived and was not read; the preface is never in it.
    input: Input,
    /// The first frame is read when it is whole: what stands before its payload is nothing that
    /// could be read before.
    whole_only: bool,
    /// The largest length of a frame that is read.
    max_frame_len: u32,
}

#[derive(Debug)]
enum State {
    /// Nothing has arrived.
    Preface,
    Frames,
    /// In the middle of a large one.
    Large(Box<Large>),
    /// It is told at every poll, so that no caller can miss it.
    Failed(WireError),
}

impl FrameDecoder {
    /// Makes the decoder of a connection, which begins with [`PREFACE`].
    #[must_use]
    pub const fn new() -> Self {
        Self::in_state(State::Preface)
    }

    /// Makes the decoder of a stream that begins with a frame, such as a serial link.
    #[must_use]
    pub const fn without_preface() -> Self {
        Self::in_state(State::Frames)
    }

    const fn in_state(state: State) -> Self {
        let max_frame_len = MAX_FRAME_LEN as u32;
        Self { state, input: Input::new(), whole_only: false, max_frame_len }
    }

    /// Reads no frame of more than so many bytes, its length not counted, instead of
    /// [`MAX_FRAME_LEN`], which is the most that this sets.
    #[must_use]
    pub fn with_max_frame_len(mut self, len: usize) -> Self {
        self.max_frame_len = len.min(MAX_FRAME_LEN) as u32;
        self
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
        match &mut self.state {
            State::Failed(_) => return,
            State::Large(large) => bytes = large.append(bytes),
            State::Preface | State::Frames => {}
        }
        self.input.append(bytes, self.frame_len().unwrap_or_default());
        self.check_length();
    }

    /// Returns room for at least `len` bytes, into which a transport reads directly; it then calls
    /// [`input_filled`](Self::input_filled). Both together are [`handle_input`](Self::handle_input)
    /// without a copy.
    ///
    /// The room grows with what arrived before. What it holds is of no meaning.
    pub fn input_room(&mut self, len: usize) -> &mut [u8] {
        let frame_len = self.frame_len().unwrap_or_default();
        match &mut self.state {
            State::Large(large) if !large.is_whole() => large.room(),
            _ => self.input.room(len, frame_len),
        }
    }

    /// Takes in bytes that were written to the front of [`input_room`](Self::input_room), at most
    /// as many as that had.
    pub fn input_filled(&mut self, len: usize) {
        match self.state {
            State::Failed(_) => return,
            State::Large(ref mut large) if !large.is_whole() => return large.filled(len),
            State::Large(_) | State::Frames => self.input.filled(len),
            State::Preface => {
                self.input.filled(len);
                match self.input.bytes().first() {
                    None => return,
                    Some(&PREFACE) => self.input.consume(1),
                    Some(&found) => return self.fail(WireError::Preface { found }),
                }
                self.state = State::Frames;
            }
        }
        self.check_length();
    }

    /// Gives memory back while nothing arrives, all but room for `len` bytes and what is held.
    pub fn shrink(&mut self, len: usize) {
        self.input.shrink(len);
    }

    /// Returns what the next frame was, or `None` if it has not arrived as a whole.
    ///
    /// The payload is copied out of the frame once, into the message.
    ///
    /// # Errors
    /// [`WireError`] if the peer broke a rule of the protocol: the connection has to be closed.
    /// The messages of earlier frames come first. Every later call gives the same error.
    pub fn poll_message(&mut self) -> Result<Option<Decoded>, WireError> {
        match &self.state {
            State::Failed(error) => return Err(error.clone()),
            State::Large(large) if !large.is_whole() => return Ok(None),
            State::Large(_) => return Ok(self.end_large()),
            State::Preface | State::Frames => {}
        }
        let Some(len) = self.frame_len() else { return Ok(None) };
        let Some(message) = self.input.bytes().get(LENGTH_LEN..len) else {
            if len >= MIN_LARGE && !self.whole_only {
                self.begin_large(len - LENGTH_LEN);
            }
            return Ok(None);
        };
        match read_message(message) {
            Ok(decoded) => {
                self.input.consume(len);
                self.whole_only = false;
                self.check_length();
                Ok(Some(decoded))
            }
            Err(error) => {
                let error = WireError::from(error);
                self.fail(error.clone());
                Err(error)
            }
        }
    }

    /// Goes on with a frame in memory of its own, if that is possible already.
    fn begin_large(&mut self, len: usize) {
        let arrived = &self.input.bytes()[LENGTH_LEN..];
        // Of a peer that sends byte by byte the beginning is read again and again: it is short.
        let begun = &arrived[..arrived.len().min(MAX_BEGINNING_LEN)];
        if let Some(beginning) = read_beginning(begun, len) {
            let payload = &arrived[beginning.payload_start..];
            self.state = State::Large(Box::new(Large::new(beginning, payload)));
            self.input.consume(self.input.bytes().len());
        } else {
            self.whole_only = begun.len() == MAX_BEGINNING_LEN;
        }
    }

    /// Takes the message out whose payload is whole.
    fn end_large(&mut self) -> Option<Decoded> {
        match mem::replace(&mut self.state, State::Frames) {
            State::Large(large) => {
                self.check_length();
                Some(Decoded::Message(large.into_message()))
            }
            other => {
                self.state = other;
                None
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
        let large = if let State::Large(large) = &self.state { large.arrived() } else { 0 };
        large + self.input.bytes().len()
    }

    /// Returns the bytes of the first frame, its length included, if that has arrived.
    fn frame_len(&self) -> Option<usize> {
        // The length is within the limit, or the decoder had failed.
        self.length().map(|length| LENGTH_LEN + length as usize)
    }

    /// Returns the length that stands before the first message.
    fn length(&self) -> Option<u32> {
        self.input.bytes().first_chunk().copied().map(u32::from_be_bytes)
    }

    /// Looks at the length of a frame as soon as it has arrived, so that nothing more is held of
    /// a frame that will not be read.
    fn check_length(&mut self) {
        // The message of a large one that has not been taken out comes first.
        match (&self.state, self.length()) {
            (State::Frames, Some(len)) if len > self.max_frame_len => {
                self.fail(WireError::FrameTooLarge { len, limit: self.max_frame_len });
            }
            _ => (),
        }
    }

    /// Ends the work: whatever is held came from a peer that is not believed any more.
    #[cold]
    fn fail(&mut self, error: WireError) {
        self.state = State::Failed(error);
        self.input = Input::new();
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
