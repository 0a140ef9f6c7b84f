//! What can be wrong with a frame, ours or the peer's.
//!
//! It owns the words, and says whose fault it is: `message` is ours, `peer` the other side's. It
//! refuses to know what follows from it; a transport closes the connection on the peer's faults
//! and fails only the send on ours.

use core::error::Error;
use core::fmt;

use super::{MAX_FRAME_LEN, PREFACE};
use crate::EncodeError;
use crate::cbor::CborError;

/// Says why a message cannot be written as a frame, or why bytes are not the frames of a peer.
///
/// [`encode_frame`](crate::encode_frame) gives the first two, a
/// [`FrameDecoder`](crate::FrameDecoder) the others. An offset is counted from the first byte after
/// the frame's length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The message to send has more than [`MAX_FRAME_LEN`] bytes. Send less at a time.
    MessageTooLarge {
        /// The bytes of the whole message, encoded.
        len: usize,
    },
    /// The body of the message to send cannot be encoded.
    Body(EncodeError),
    /// The peer's first byte is not [`PREFACE`]: it speaks another version or another protocol.
    Preface {
        /// The first byte.
        found: u8,
    },
    /// The peer announced a frame of more bytes than the decoder reads, which are
    /// [`MAX_FRAME_LEN`] unless it was told otherwise.
    FrameTooLarge {
        /// The bytes that it announced.
        len: u32,
        /// The most that the decoder reads.
        limit: u32,
    },
    /// The peer's message is not what a message has to be.
    Malformed(CborError),
}

impl Error for WireError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Body(cause) => Some(cause),
            _ => None,
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MessageTooLarge { len } => write!(
                f,
                "message of {len} bytes is larger than the limit of {MAX_FRAME_LEN} bytes: \
                 send less at a time"
            ),
            Self::Body(_) => f.write_str("the body of the message cannot be encoded"),
            Self::Preface { found } => write!(
                f,
                "the peer's first byte is {found:#04x}, not {PREFACE:#04x}: \
                 it speaks another version or another protocol"
            ),
            Self::FrameTooLarge { len, limit } => write!(
                f,
                "the peer announced a frame of {len} bytes, \
                 which is larger than the limit of {limit} bytes"
            ),
            Self::Malformed(error) => write!(f, "the peer's message is malformed: {error}"),
        }
    }
}

impl From<CborError> for WireError {
    fn from(error: CborError) -> Self {
        Self::Malformed(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn messages_say_whose_fault_it_is_and_where() {
        let ours = WireError::MessageTooLarge { len: 16_777_217 }.to_string();
        assert!(ours.starts_with("message of 16777217 bytes is larger than the limit of 16777216"));
        let theirs = WireError::Preface { found: 0x16 }.to_string();
        assert!(theirs.starts_with("the peer's first byte is 0x16, not 0x01"));
        let inside = WireError::Malformed(CborError::Unexpected {
            offset: 18,
            part: "the payload",
            expected: "a byte string",
            found: "a text string",
        });
        assert_eq!(
            inside.to_string(),
            "the peer's message is malformed: \
             the payload at byte 18 is a text string, not a byte string"
        );
    }
}
