//! What can be wrong with bytes that should be a structure in CBOR.
//!
//! It owns the words: which byte, which part, what was expected. It refuses to know whose bytes
//! they are and what follows from it.

use core::error::Error;
use core::fmt;

/// Says why bytes are not the structure that they should be.
///
/// An `offset` is the number of bytes in front of the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CborError {
    /// The bytes end in the middle of an item.
    Truncated {
        /// Where the bytes end, or the item that does not fit begins.
        offset: usize,
        /// What is cut short.
        part: &'static str,
    },
    /// An array has fewer elements than it needs.
    Missing {
        /// Where the element should begin.
        offset: usize,
        /// What is missing.
        part: &'static str,
    },
    /// A part is another kind of item than it has to be.
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
    /// A number is too large for its part, or is the number of no variant.
    TooLarge {
        /// Where the number begins.
        offset: usize,
        /// Which part it stands for.
        part: &'static str,
        /// The number.
        value: u64,
        /// The largest that there is.
        limit: u64,
    },
    /// A byte string has another length than its part.
    Length {
        /// Where the byte string begins.
        offset: usize,
        /// Which part it stands for.
        part: &'static str,
        /// The bytes that it has to have.
        expected: usize,
        /// The bytes that it has.
        found: usize,
    },
    /// A text is not UTF-8.
    NotUtf8 {
        /// Where the text begins, its length included.
        offset: usize,
    },
    /// Bytes are not CBOR.
    NotCbor {
        /// Where the item begins.
        offset: usize,
        /// The first byte of the item.
        byte: u8,
    },
    /// An extra element, which would be skipped, has more levels of indefinite length than are
    /// followed.
    TooDeep {
        /// Where the first item begins that is too deep.
        offset: usize,
        /// The most levels that are followed.
        limit: usize,
    },
}

impl Error for CborError {}

impl fmt::Display for CborError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated { offset, part } => write!(f, "{part} is cut short at byte {offset}"),
            Self::Missing { offset, part } => write!(f, "{part} is missing at byte {offset}"),
            Self::Unexpected { offset, part, expected, found } => {
                write!(f, "{part} at byte {offset} is {found}, not {expected}")
            }
            Self::TooLarge { offset, part, value, limit } => {
                write!(f, "{part} at byte {offset} is {value}, which is above {limit}")
            }
            Self::Length { offset, part, expected, found } => {
                write!(f, "{part} at byte {offset} has {found} bytes, not {expected}")
            }
            Self::NotUtf8 { offset } => write!(f, "the text at byte {offset} is not UTF-8"),
            Self::NotCbor { offset, byte } => {
                write!(f, "an item that begins with {byte:#04x} at byte {offset} is not CBOR")
            }
            Self::TooDeep { offset, limit } => {
                write!(f, "the item at byte {offset} is more than {limit} levels deep")
            }
        }
    }
}
