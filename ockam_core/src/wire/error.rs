//! What can be wrong with a frame, ours or the peer's.
//!
//! It owns the words, and says whose fault it is: `message` is ours, `peer` the other side's. It
//! refuses to know what follows from it; a transport closes the connection on the peer's faults
//! and fails only the send on ours.

use core::error::Error;
use core::fmt;

use super::{MAX_FRAME_LEN, PREFACE};
use crate::EncodeError;

/// Says why a message cannot be written as a frame, or why bytes are not the frames of a peer.
///
/// [`encode_frame`](crate::encode_frame) gives the first two, a
/// [`FrameDecoder`](crate::FrameDecoder) the others. An `offset` is the number of bytes in front
/// of the fault, counted from the first byte after the frame's length.
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
    /// The peer announced a frame of more than [`MAX_FRAME_LEN`] bytes.
    FrameTooLarge {
        /// The bytes that it announced.
        len: u32,
    },
    /// The peer's frame ends in the middle of its message.
    Truncated {
        /// Where the frame ends, or the item that does not fit begins.
        offset: usize,
        /// What is cut short.
        part: &'static str,
    },
    /// An array in the peer's message has fewer elements than it needs.
    Missing {
        /// Where the element should begin.
        offset: usize,
        /// What is missing.
        part: &'static str,
    },
    /// A part of the peer's message is another kind of CBOR item than it has to be.
    Unexpected {
        /// Where the item begins.
        offset: usize,
        /// Which part it stands for.
        part: &'static str,
        /// The kind that it has to be.
        expected: &'static str,
        /// The kind that it is.
        found: &'static str,
    },
    /// A transport type in the peer's message is above 255.
    TransportType {
        /// Where the number begins.
        offset: usize,
        /// The number.
        value: u64,
    },
    /// A text in the peer's message is not UTF-8.
    NotUtf8 {
        /// Where the text begins, its length included.
        offset: usize,
    },
    /// Bytes of the peer's message are not CBOR.
    NotCbor {
        /// Where the item begins.
        offset: usize,
        /// The first byte of the item.
        byte: u8,
    },
    /// An extra element of the peer's message, which would be skipped, has more levels of
    /// indefinite length than are followed.
    TooDeep {
        /// Where the first item begins that is too deep.
        offset: usize,
        /// The most levels that are followed.
        limit: usize,
    },
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
            Self::FrameTooLarge { len } => write!(
                f,
                "the peer announced a frame of {len} bytes, \
                 which is larger than the limit of {MAX_FRAME_LEN} bytes"
            ),
            malformed => {
                f.write_str("the peer's message is malformed: ")?;
                malformed.describe(f)
            }
        }
    }
}

impl WireError {
    /// Writes what is wrong inside of a message, and where.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { offset, part } => write!(f, "{part} is cut short at byte {offset}"),
            Self::Missing { offset, part } => write!(f, "{part} is missing at byte {offset}"),
            Self::Unexpected { offset, part, expected, found } => {
                write!(f, "{part} at byte {offset} is {found}, not {expected}")
            }
            Self::TransportType { offset, value } => {
                write!(f, "transport type {value} at byte {offset} is above 255")
            }
            Self::NotUtf8 { offset } => write!(f, "the text at byte {offset} is not UTF-8"),
            Self::NotCbor { offset, byte } => {
                write!(f, "an item that begins with {byte:#04x} at byte {offset} is not CBOR")
            }
            Self::TooDeep { offset, limit } => {
                write!(f, "the item at byte {offset} is more than {limit} levels deep")
            }
            Self::MessageTooLarge { .. }
            | Self::Body(_)
            | Self::Preface { .. }
            | Self::FrameTooLarge { .. } => fmt::Display::fmt(self, f),
        }
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
        let inside = WireError::Unexpected {
            offset: 18,
            part: "the payload",
            expected: "a byte string",
            found: "a text string",
        };
        assert_eq!(
            inside.to_string(),
            "the peer's message is malformed: \
             the payload at byte 18 is a text string, not a byte string"
        );
    }
}
