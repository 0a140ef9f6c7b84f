//! CBOR items, read one after the other from the bytes of a message.
//!
//! It owns the heads of items, which may be longer than they need to be, arrays of both kinds, and
//! the strings that messages are made of. It refuses to know which item stands for what: the
//! caller passes the name of the part for the error. Nothing here allocates or panics, whatever
//! the bytes are.

use super::{WireError, major};

/// The byte that ends an item of indefinite length.
pub(super) const BREAK: u8 = 0xff;
/// The byte that is `null`; simple values below 24 have no longer form.
const NULL: u8 = 0xf6;

/// Reads a message from its first byte to its last.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

/// The beginning of an item.
pub(super) struct Head {
    /// Where the item begins.
    pub(super) offset: usize,
    pub(super) byte: u8,
    /// The number in the head, or `None` for an indefinite length and for a break.
    pub(super) argument: Option<u64>,
}

/// The elements of an array that have not been read yet.
pub(super) struct Elements {
    /// `None` in an array of indefinite length, which a break ends.
    left: Option<u64>,
    /// Whose elements they are.
    part: &'static str,
}

impl Head {
    pub(super) const fn major(&self) -> u8 {
        self.byte >> 5
    }

    /// Makes the error for an item of the wrong kind.
    #[cold]
    fn unexpected(&self, part: &'static str, expected: &'static str) -> WireError {
        let definite = self.argument.is_some();
        let found = match (self.major(), self.byte) {
            (major::UNSIGNED, _) => "an integer",
            (major::NEGATIVE, _) => "a negative integer",
            (major::BYTES, _) if definite => "a byte string",
            (major::BYTES, _) => "a byte string of indefinite length",
            (major::TEXT, _) => "a text string",
            (major::ARRAY, _) => "an array",
            (major::MAP, _) => "a map",
            (major::TAG, _) => "a tag",
            (_, NULL) => "null",
            (_, 0xf7) => "undefined",
            (_, BREAK) => "the end of an array",
            _ => "a simple value or a float",
        };
        WireError::Unexpected { offset: self.offset, part, expected, found }
    }
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the number of bytes that have not been read.
    pub(super) const fn left(&self) -> usize {
        self.bytes.len() - self.offset
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    /// Takes a number of bytes that came with the head of an item.
    pub(super) fn take(&mut self, len: u64, part: &'static str) -> Result<&'a [u8], WireError> {
        let rest = &self.bytes[self.offset..];
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or(WireError::Truncated { offset: self.offset, part })?;
        self.offset += taken.len();
        Ok(taken)
    }

    /// Reads the head of any item.
    pub(super) fn head(&mut self, part: &'static str) -> Result<Head, WireError> {
        let offset = self.offset;
        let byte = self.peek().ok_or(WireError::Truncated { offset, part })?;
        self.offset += 1;
        let argument = match byte & 0x1f {
            info @ ..24 => Some(info.into()),
            info @ 24..28 => {
                let bytes = self.take(1 << (info - 24), part)?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 if matches!(byte >> 5, major::BYTES..=major::MAP | major::SIMPLE) => None,
            _ => return Err(WireError::NotCbor { offset, byte }),
        };
        Ok(Head { offset, byte, argument })
    }

    /// Begins an array of definite or indefinite length.
    pub(super) fn array(&mut self, part: &'static str) -> Result<Elements, WireError> {
        let head = self.head(part)?;
        if head.major() != major::ARRAY {
            return Err(head.unexpected(part, "an array"));
        }
        Ok(Elements { left: head.argument, part })
    }

    /// Moves to the next element; `false` if there is none, and then the array is read.
    pub(super) fn has_next(&mut self, elements: &mut Elements) -> Result<bool, WireError> {
        match &mut elements.left {
            Some(0) => Ok(false),
            Some(left) => {
                *left -= 1;
                Ok(true)
            }
            None => match self.peek() {
                Some(BREAK) => {
                    self.offset += 1;
                    elements.left = Some(0);
                    Ok(false)
                }
                Some(_) => Ok(true),
                None => Err(WireError::Truncated { offset: self.offset, part: elements.part }),
            },
        }
    }

    /// Moves to the next element, which has to be there.
    pub(super) fn require(
        &mut self,
        elements: &mut Elements,
        part: &'static str,
    ) -> Result<(), WireError> {
        let offset = self.offset;
        if self.has_next(elements)? { Ok(()) } else { Err(WireError::Missing { offset, part }) }
    }

    pub(super) fn unsigned(&mut self, part: &'static str) -> Result<u64, WireError> {
        let head = self.head(part)?;
        match (head.major(), head.argument) {
            (major::UNSIGNED, Some(number)) => Ok(number),
            _ => Err(head.unexpected(part, "an integer from 0")),
        }
    }

    /// Reads a byte string of definite length, in place.
    pub(super) fn bytes(&mut self, part: &'static str) -> Result<&'a [u8], WireError> {
        let head = self.head(part)?;
        match (head.major(), head.argument) {
            (major::BYTES, Some(len)) => self.take(len, part),
            _ => Err(head.unexpected(part, "a byte string")),
        }
    }

    /// Reads a text or `null` and forgets it.
    pub(super) fn text_or_null(&mut self, part: &'static str) -> Result<(), WireError> {
        let head = self.head(part)?;
        match (head.major(), head.byte) {
            (_, NULL) => Ok(()),
            (major::TEXT, _) => self.skip_text(&head, part),
            _ => Err(head.unexpected(part, "a text string or null")),
        }
    }
}
