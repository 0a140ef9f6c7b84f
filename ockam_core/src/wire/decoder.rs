//! The bytes of one direction that have arrived, cut into frames.
//!
//! It owns the preface, the lengths, and what happens after a fault. It refuses to know how bytes
//! arrive, how they are stored (`input`), and what is in a frame (`message`).
//!
//! ```text
//! Preface --01--> Frames
//! Preface --any other byte--> Failed
//! Frames  --length over the limit, message that does not decode--> Failed
//! Failed  --anything--> Failed
//! ```

use core::fmt;

use super::input::Input;
use super::message::{Decoded, read_message};
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
/// It holds what was handed over and not yet read, and never room for what a frame only
/// announces. An error is final: the transport closes the connection, because nobody can say
/// where the next frame begins in the mind of such a peer.
pub struct FrameDecoder {
    state: State,
    /// What has arrived and was not read; the preface is never in it.
    input: Input,
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
        Self { state: State::Preface, input: Input::new() }
    }

    /// Makes the decoder of a stream that begins with a frame, such as a serial link.
    #[must_use]
    pub const fn without_preface() -> Self {
        Self { state: State::Frames, input: Input::new() }
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
        self.input.append(bytes, self.frame_len().unwrap_or_default());
        self.check_length();
    }

    /// Returns room for at least `len` bytes, into which a transport reads directly; it then calls
    /// [`input_filled`](Self::input_filled). Both together are [`handle_input`](Self::handle_input)
    /// without a copy.
    ///
    /// The room grows with what arrived before. What it holds is of no meaning.
    pub fn input_room(&mut self, len: usize) -> &mut [u8] {
        self.input.room(len, self.frame_len().unwrap_or_default())
    }

    /// Takes in bytes that were written to the front of [`input_room`](Self::input_room), at most
    /// as many as that had.
    pub fn input_filled(&mut self, len: usize) {
        match self.state {
            State::Failed(_) => return,
            State::Frames => self.input.filled(len),
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
        if let State::Failed(error) = &self.state {
            return Err(error.clone());
        }
        let Some(len) = self.frame_len() else { return Ok(None) };
        let Some(message) = self.input.bytes().get(LENGTH_LEN..len) else { return Ok(None) };
        match read_message(message) {
            Ok(decoded) => {
                self.input.consume(len);
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
        self.input.bytes().len()
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
        match self.length() {
            Some(len) if len as usize > MAX_FRAME_LEN => {
                self.fail(WireError::FrameTooLarge { len });
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
