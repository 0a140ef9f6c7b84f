//! Between a body and its bytes.

use super::bounds::{self, DecodeFault};
use super::{Message, NeutralMessage};
use crate::{ErrorKind, TEXTS, TypeName};
use alloc::string::String;
use alloc::vec::Vec;
use core::any;
use core::fmt;

/// Encodes a body as it travels between nodes.
///
/// ```
/// assert_eq!(ockam_core::encode(&"Hello".to_string()).unwrap(), b"\x05Hello");
/// ```
///
/// # Errors
/// [`EncodeError`] if the type's own `Serialize` fails, or if the encoding would need to know a
/// length in advance that the type does not tell.
pub fn encode<M: Message>(body: &M) -> Result<Vec<u8>, EncodeError> {
    if let Some(neutral) = (body as &dyn any::Any).downcast_ref::<NeutralMessage>() {
        return Ok(neutral.as_slice().to_vec());
    }
    postcard::to_allocvec(body)
        .map_err(|cause| EncodeError { body: TypeName::of::<M>(), cause: Some(cause) })
}

/// Decodes a body from the bytes of a message, all of which have to be part of it. Only behind a
/// `String` are other bytes ignored, because Ockam 0.150 does so.
///
/// It ends and needs little stack whatever the bytes are: a value of a recursive type has at most
/// [`MAX_BODY_DEPTH`](crate::MAX_BODY_DEPTH) levels, and of the items of collections at most
/// [`MAX_EMPTY_ITEMS`](crate::MAX_EMPTY_ITEMS) take no bytes.
///
/// ```
/// assert_eq!(ockam_core::decode::<String>(b"\x05Hello").unwrap(), "Hello");
/// ```
///
/// # Errors
/// [`DecodeError`] if the bytes are not an `M`, or one of these limits is passed.
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, DecodeError> {
    if any::TypeId::of::<M>() == any::TypeId::of::<NeutralMessage>() {
        let mut slot: Option<M> = None;
        let slot_any: &mut dyn any::Any = &mut slot;
        if let Some(neutral) = slot_any.downcast_mut::<Option<NeutralMessage>>() {
            *neutral = Some(NeutralMessage::from(bytes));
        }
        if let Some(body) = slot {
            return Ok(body);
        }
    }
    // As Ockam 0.150 reads them, strings may have bytes behind them.
    let is_whole = |left| left == 0 || any::TypeId::of::<M>() == any::TypeId::of::<String>();
    take(bytes, is_whole).map_err(|cause| DecodeError {
        expected: TypeName::of::<M>(),
        found: None,
        len: bytes.len(),
        cause,
    })
}

/// Decodes a value. `is_whole` tells for the number of bytes behind it whether it is accepted.
fn take<M: Message>(bytes: &[u8], is_whole: impl FnOnce(usize) -> bool) -> Result<M, DecodeFault> {
    let (body, rest) = bounds::take::<M>(bytes)?;
    if is_whole(rest.len()) { Ok(body) } else { Err(DecodeFault::LeftOver(rest.len())) }
}

/// Decodes a body that a local worker sent as another type, and that therefore must fit exactly: a
/// `String` would otherwise read as a number, which is its length.
pub(crate) fn decode_other<M: Message>(bytes: &[u8], sent_as: TypeName) -> Result<M, DecodeError> {
    if any::TypeId::of::<M>() == any::TypeId::of::<NeutralMessage>() {
        return decode(bytes);
    }
    take(bytes, |left| left == 0).map_err(|cause| DecodeError {
        expected: TypeName::of::<M>(),
        found: Some(sent_as),
        len: bytes.len(),
        cause,
    })
}

/// Says that a body could not be turned into bytes.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "texts", derive(Debug))]
pub struct EncodeError {
    body: TypeName,
    /// Nothing if the type's own `Serialize` panicked.
    cause: Option<postcard::Error>,
}

impl EncodeError {
    /// Says that the `Serialize` of a body's type panicked. This crate cannot know: the node that
    /// caught the panic says so.
    #[must_use]
    pub fn panicked(body: TypeName) -> Self {
        EncodeError { body, cause: None }
    }

    /// Returns the type of the body.
    #[must_use]
    pub fn type_name(&self) -> TypeName {
        self.body
    }
}

#[cfg(not(feature = "texts"))]
impl fmt::Debug for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return fmt::Display::fmt(&ErrorKind::Encoding, f);
        }
        write!(f, "a body of type `{}` cannot be encoded: ", self.body)?;
        match &self.cause {
            Some(cause) => fmt::Display::fmt(cause, f),
            None => f.write_str("its `Serialize` panicked"),
        }
    }
}

impl core::error::Error for EncodeError {}

/// Says that a body is not of the type that its reader expects.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "texts", derive(Debug))]
pub struct DecodeError {
    expected: TypeName,
    found: Option<TypeName>,
    len: usize,
    cause: DecodeFault,
}

impl DecodeError {
    /// Returns the type that the reader expected.
    #[must_use]
    pub fn expected(&self) -> TypeName {
        self.expected
    }

    /// Returns how many bytes the body has.
    #[must_use]
    pub fn body_len(&self) -> usize {
        self.len
    }

    /// Returns how many bytes were left over behind a value of the expected type, if that is what is
    /// wrong.
    #[must_use]
    pub fn left_over(&self) -> Option<usize> {
        match self.cause {
            DecodeFault::LeftOver(bytes) => Some(bytes),
            _ => None,
        }
    }
}

#[cfg(not(feature = "texts"))]
impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return fmt::Display::fmt(&ErrorKind::Encoding, f);
        }
        write!(f, "the body is not a `{}`: ", self.expected)?;
        match self.found {
            Some(found) => write!(f, "it was sent as `{found}`"),
            None => write!(f, "its {} bytes do not decode ({})", self.len, self.cause),
        }
    }
}

impl core::error::Error for DecodeError {}
