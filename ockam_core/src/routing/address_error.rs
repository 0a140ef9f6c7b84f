//! What can be wrong with an address that came from a user or from bytes.
//!
//! It owns the words. It refuses to know where the address came from; the caller adds that.

use alloc::string::String;
use core::error::Error;
use core::fmt;

use super::address::MAX_ADDRESS_LEN;
use super::address_text::excerpt;
use super::transport_type::TransportType;
use crate::{ErrorKind, TEXTS};

/// Says why a text or some bytes are not an address.
///
/// The texts in it are excerpts of at most 32 characters and `...`, so that an error stays small
/// whatever the input was.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "texts", derive(Debug))]
#[non_exhaustive]
pub enum AddressError {
    /// The text is empty.
    Empty,
    /// What stands before the first `#` is not a number.
    UnknownTransport {
        /// What stands before the first `#`.
        prefix: String,
        /// What stands after it.
        name: String,
    },
    /// The number before the first `#` is above 255.
    TransportTooLarge {
        /// The number.
        number: String,
    },
    /// A `\x` is not followed by two hex digits.
    BadEscape {
        /// The `\x` and what follows it.
        escape: String,
    },
    /// The address has more than [`MAX_ADDRESS_LEN`] bytes.
    TooLong {
        /// The number of its bytes.
        len: usize,
        /// How it begins.
        start: String,
    },
}

impl AddressError {
    /// Makes the error for bytes that are over the limit.
    pub(crate) fn too_long(bytes: &[u8]) -> Self {
        Self::TooLong {
            len: bytes.len(),
            start: if TEXTS { excerpt(bytes) } else { String::new() },
        }
    }
}

impl Error for AddressError {}

#[cfg(not(feature = "texts"))]
impl fmt::Debug for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return fmt::Display::fmt(&ErrorKind::InvalidInput, f);
        }
        match self {
            Self::Empty => f.write_str("the address is empty: write a name, such as `echoer`"),
            Self::UnknownTransport { prefix, name } => unknown_transport(f, prefix, name),
            Self::TransportTooLarge { number } => write!(
                f,
                "`{number}` is not a transport type: it is a number from 0 to 255; \
                 for TCP write `1#host:port`"
            ),
            Self::BadEscape { escape } => write!(
                f,
                "`{escape}` is not an escape: write two hex digits after `\\x`, \
                 or `\\x5cx` for a backslash and an x"
            ),
            Self::TooLong { len, start } => write!(
                f,
                "address of {len} bytes is longer than the limit of {MAX_ADDRESS_LEN} bytes: \
                 it starts with `{start}`"
            ),
        }
    }
}

fn unknown_transport(f: &mut fmt::Formatter<'_>, prefix: &str, name: &str) -> fmt::Result {
    if let Some(transport) = TransportType::from_word(prefix) {
        return write!(
            f,
            "`{prefix}` is not a transport type: write its number, `{transport}#{name}`"
        );
    }
    write!(
        f,
        "`{prefix}` is not a transport type: it is a number from 0 to 255; \
         if this is a worker's name write `0#{prefix}#{name}`"
    )
}
