//! CBOR items, read one after the other.
//!
//! It owns the heads of items, which may be longer than they need to be, arrays and maps of both
//! kinds, variants, and the strings and numbers that structures are made of. It refuses to know
//! which item stands for what: the caller passes the name of the part for the error. Nothing here
//! allocates or panics, whatever the bytes are.

use super::{CborError, major};

/// The byte that ends an item of indefinite length.
pub(super) const BREAK: u8 = 0xff;
/// The byte that is `null`; simple values below 24 have no longer form.
const NULL: u8 = 0xf6;

/// The simple values `false` and `true`.
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;

/// Reads items from the first byte to the last, in place.
///
/// ```
/// use ockam_core::cbor::Reader;
///
/// let mut reader = Reader::new(b"\x82\x41a\x07");
/// let mut fields = reader.array("the greeting")?;
/// reader.require(&mut fields, "the name")?;
/// assert_eq!(reader.bytes("the name")?, b"a");
/// reader.require(&mut fields, "the age")?;
/// assert_eq!(reader.unsigned("the age")?, 7);
/// reader.skip_rest(&mut fields)?;
/// assert_eq!(reader.left(), 0);
/// # Ok::<(), ockam_core::cbor::CborError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
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

/// The elements of an array, or the pairs of a map, that have not been read yet.
#[derive(Debug)]
pub struct Elements {
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
    fn unexpected(&self, part: &'static str, expected: &'static str) -> CborError {
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
        CborError::Unexpected { offset: self.offset, part, expected, found }
    }
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Returns the number of bytes that were read.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the number of bytes that have not been read.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.bytes.len() - self.offset
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    /// Takes a number of bytes that came with the head of an item.
    pub(super) fn take(&mut self, len: u64, part: &'static str) -> Result<&'a [u8], CborError> {
        let rest = &self.bytes[self.offset..];
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or(CborError::Truncated { offset: self.offset, part })?;
        self.offset += taken.len();
        Ok(taken)
    }

    /// Reads the head of any item.
    pub(super) fn head(&mut self, part: &'static str) -> Result<Head, CborError> {
        let offset = self.offset;
        let byte = self.peek().ok_or(CborError::Truncated { offset, part })?;
        self.offset += 1;
        let argument = match byte & 0x1f {
            info @ ..24 => Some(info.into()),
            info @ 24..28 => {
                let bytes = self.take(1 << (info - 24), part)?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 if matches!(byte >> 5, major::BYTES..=major::MAP | major::SIMPLE) => None,
            _ => return Err(CborError::NotCbor { offset, byte }),
        };
        Ok(Head { offset, byte, argument })
    }

    /// Begins an array of definite or indefinite length.
    ///
    /// # Errors
    /// [`CborError`] if the next item is no array.
    pub fn array(&mut self, part: &'static str) -> Result<Elements, CborError> {
        self.elements(major::ARRAY, part, "an array")
    }

    fn elements(
        &mut self,
        major: u8,
        part: &'static str,
        expected: &'static str,
    ) -> Result<Elements, CborError> {
        let head = self.head(part)?;
        if head.major() != major {
            return Err(head.unexpected(part, expected));
        }
        Ok(Elements { left: head.argument, part })
    }

    /// Moves to the next element; `false` if there is none, and then the array is read.
    ///
    /// # Errors
    /// [`CborError`] if the bytes end before the array does.
    pub fn has_next(&mut self, elements: &mut Elements) -> Result<bool, CborError> {
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
                None => Err(CborError::Truncated { offset: self.offset, part: elements.part }),
            },
        }
    }

    /// Moves to the next element, which has to be there.
    ///
    /// # Errors
    /// [`CborError::Missing`] if it is not.
    pub fn require(
        &mut self,
        elements: &mut Elements,
        part: &'static str,
    ) -> Result<(), CborError> {
        let offset = self.offset;
        if self.has_next(elements)? { Ok(()) } else { Err(CborError::Missing { offset, part }) }
    }

    /// Reads a number from 0.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else.
    pub fn unsigned(&mut self, part: &'static str) -> Result<u64, CborError> {
        let head = self.head(part)?;
        match (head.major(), head.argument) {
            (major::UNSIGNED, Some(number)) => Ok(number),
            _ => Err(head.unexpected(part, "an integer from 0")),
        }
    }

    /// Reads a byte string of definite length, in place.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else.
    pub fn bytes(&mut self, part: &'static str) -> Result<&'a [u8], CborError> {
        let len = self.bytes_head(part)?;
        self.take(len, part)
    }

    /// Reads a number from 0 to 255.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else, or a larger number.
    pub fn byte(&mut self, part: &'static str) -> Result<u8, CborError> {
        let offset = self.offset;
        let value = self.unsigned(part)?;
        let limit = u64::from(u8::MAX);
        u8::try_from(value).map_err(|_| CborError::TooLarge { offset, part, value, limit })
    }

    /// Reads the head of a byte string of definite length, and returns how many bytes it has; they
    /// need not have arrived.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else.
    pub fn bytes_head(&mut self, part: &'static str) -> Result<u64, CborError> {
        let head = self.head(part)?;
        match (head.major(), head.argument) {
            (major::BYTES, Some(len)) => Ok(len),
            _ => Err(head.unexpected(part, "a byte string")),
        }
    }

    /// Reads a byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else, or of another length.
    pub fn byte_array<const N: usize>(
        &mut self,
        part: &'static str,
    ) -> Result<&'a [u8; N], CborError> {
        let offset = self.offset;
        let bytes = self.bytes(part)?;
        let found = bytes.len();
        bytes.try_into().map_err(|_| CborError::Length { offset, part, expected: N, found })
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else.
    pub fn boolean(&mut self, part: &'static str) -> Result<bool, CborError> {
        match self.head(part)? {
            Head { byte: FALSE, .. } => Ok(false),
            Head { byte: TRUE, .. } => Ok(true),
            head => Err(head.unexpected(part, "true or false")),
        }
    }

    /// Takes the next item if it is `null`; `false` if it is something else or is not there.
    pub fn take_null(&mut self) -> bool {
        let is_null = self.peek() == Some(NULL);
        self.offset += usize::from(is_null);
        is_null
    }

    /// Begins a map of definite or indefinite length, of which each element is a key and a value.
    ///
    /// # Errors
    /// [`CborError`] if the next item is no map.
    pub fn map(&mut self, part: &'static str) -> Result<Elements, CborError> {
        self.elements(major::MAP, part, "a map")
    }

    /// Begins a variant, an array of a number and an array of fields, and returns the number.
    ///
    /// What follows is the array of fields. The outer array has to be of definite length.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else.
    pub fn variant(&mut self, part: &'static str) -> Result<u64, CborError> {
        let head = self.head(part)?;
        match (head.major(), head.argument) {
            (major::ARRAY, Some(2)) => self.unsigned(part),
            _ => Err(head.unexpected(part, "a variant, an array of two")),
        }
    }

    /// Reads a text of definite length, in place.
    ///
    /// # Errors
    /// [`CborError`] if the next item is something else, or not UTF-8.
    pub fn text(&mut self, part: &'static str) -> Result<&'a str, CborError> {
        let head = self.head(part)?;
        match (head.major(), head.argument) {
            (major::TEXT, Some(len)) => {
                let bytes = self.take(len, part)?;
                let not_utf8 = CborError::NotUtf8 { offset: head.offset };
                core::str::from_utf8(bytes).map_err(|_| not_utf8)
            }
            _ => Err(head.unexpected(part, "a text string")),
        }
    }

    /// Reads a text or `null` and forgets it.
    pub(crate) fn text_or_null(&mut self, part: &'static str) -> Result<(), CborError> {
        let head = self.head(part)?;
        match (head.major(), head.byte) {
            (_, NULL) => Ok(()),
            (major::TEXT, _) => self.skip_text(&head, part),
            _ => Err(head.unexpected(part, "a text string or null")),
        }
    }
}
