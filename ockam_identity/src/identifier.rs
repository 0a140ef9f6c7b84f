//! Identifiers of identities and of their changes: hashes of 32 bytes.

use crate::codec::Structure;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::str::FromStr;
use ockam_core::cbor::{CborError, Reader, write_bytes};

/// Identifier of an identity: the hash of the first change of its history.
///
/// No other history with the same identifier can be created, so the identifier suffices to verify
/// the keys of the identity. Its text form is `I` and 64 hex digits.
///
/// ```
/// use ockam_identity::Identifier;
///
/// let text = "I5758405368fdc38e81cfe282567f3de9336873066460c3d01986d0d2eb611122";
/// let identifier: Identifier = text.parse()?;
/// assert_eq!(identifier.to_string(), text);
/// assert_eq!("I57584".parse::<Identifier>().unwrap_err().to_string(),
///     "an identifier is I and 64 hex digits; this has 5 digits");
/// # Ok::<(), ockam_identity::IdentifierError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier([u8; 32]);

/// Hash of a change of an identity, over the bytes that are signed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeHash([u8; 32]);

impl Identifier {
    /// Returns the bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl ChangeHash {
    /// Returns the bytes of the name.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Identifier {
    fn from(bytes: [u8; 32]) -> Self {
        Identifier(bytes)
    }
}

impl From<[u8; 32]> for ChangeHash {
    fn from(bytes: [u8; 32]) -> Self {
        ChangeHash(bytes)
    }
}

impl Structure for Identifier {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_bytes(buffer, &self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        reader.byte_array("the identifier").copied().map(Identifier)
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("I")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for ChangeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Error of parsing an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentifierError {
    /// The text does not begin with `I`.
    Prefix,
    /// The number of characters after the `I` is not 64.
    Length(usize),
    /// A character is not a hex digit.
    Digit(char),
}

impl Error for IdentifierError {}

impl fmt::Display for IdentifierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier is I and 64 hex digits; this ")?;
        match self {
            Self::Prefix => f.write_str("does not begin with I"),
            Self::Length(digits) => write!(f, "has {digits} digits"),
            Self::Digit(character) => write!(f, "has {character:?} among the digits"),
        }
    }
}

/// Accepts surrounding white space and digits in either case.
impl FromStr for Identifier {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let digits = text.trim().strip_prefix('I').ok_or(IdentifierError::Prefix)?;
        let mut values = Vec::with_capacity(64);
        for character in digits.chars() {
            let value = character.to_digit(16).ok_or(IdentifierError::Digit(character))?;
            // A hex digit is below 16.
            values.push(value as u8);
        }
        let mut bytes = [0; 32];
        if values.len() != 2 * bytes.len() {
            return Err(IdentifierError::Length(values.len()));
        }
        for (byte, pair) in bytes.iter_mut().zip(values.chunks(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        Ok(Identifier(bytes))
    }
}

impl TryFrom<&str> for Identifier {
    type Error = IdentifierError;

    fn try_from(text: &str) -> Result<Self, IdentifierError> {
        text.parse()
    }
}

impl TryFrom<String> for Identifier {
    type Error = IdentifierError;

    fn try_from(text: String) -> Result<Self, IdentifierError> {
        text.parse()
    }
}
