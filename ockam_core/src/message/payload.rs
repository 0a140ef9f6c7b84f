//! What a message carries: the bytes of a body, or the body itself until somebody asks for bytes.

use super::codec::decode_other;
use super::{DecodeError, EncodeError, Message, decode};
use crate::TypeName;
use alloc::vec::Vec;
use core::any;
use core::fmt;
use core::mem;
use core::ops::{Deref, DerefMut};
use smallbox::SmallBox;

/// Room for a typed body inside the message: a `String` or a `Vec` with what the node keeps
/// beside it. A larger body gets an allocation of its own.
type Room = [usize; 5];

/// Carries the body of a message.
///
/// A body that was sent on this node travels as it is, typed, and is moved to its worker. It is
/// encoded the first time somebody looks at the bytes; what they see is the same either way. A
/// payload reads as a byte slice and is written as a vector:
///
/// ```
/// use ockam_core::Payload;
///
/// let mut payload = Payload::from(vec![1, 2]);
/// assert_eq!(payload, [1, 2]);
/// payload.push(3);
/// assert_eq!(&payload[1..], [2, 3]);
/// payload = vec![9].into();
/// assert_eq!(payload.len(), 1);
/// ```
///
/// A typed body whose own `Serialize` fails reads as no bytes; [`Payload::to_bytes`] says why.
pub struct Payload(Repr);

enum Repr {
    Bytes(Vec<u8>),
    /// With the bytes that it holds elsewhere.
    Typed(SmallBox<dyn TypedBody, Room>, usize),
}

/// A body that is still of its Rust type: what a node implements to move bodies without encoding
/// them. (The encoded bytes are made behind a shared reference, which takes a lock of some kind;
/// this crate has none, the node has.)
pub trait TypedBody: Send + Sync {
    /// Returns how many bytes the body holds outside of itself, as far as that is known; asked once,
    /// when it is made a payload. None unless this is implemented.
    fn held_len(&mut self) -> usize
    where
        Self: Sized,
    {
        0
    }

    /// Names the type of the body.
    fn type_name(&self) -> TypeName;

    /// Moves the body into `slot`, which is an `Option<M>`; `false` if the body is not an `M` or
    /// is not there.
    fn take(&mut self, slot: &mut dyn any::Any) -> bool;

    /// Moves the body back from `slot`, which is the `Option<M>` that [`take`](TypedBody::take)
    /// filled.
    fn put(&mut self, slot: &mut dyn any::Any);

    /// Returns the encoded body, made on the first call. While the body is taken, `taken` is it.
    ///
    /// # Errors
    /// [`EncodeError`] if the body cannot be encoded.
    fn bytes(&self, taken: Option<&dyn any::Any>) -> Result<&[u8], EncodeError>;
}

impl Payload {
    /// Wraps a body that stays typed until its bytes are needed.
    #[must_use]
    pub fn typed<B: TypedBody + 'static>(mut body: B) -> Self {
        let inside = size_of::<B>() <= size_of::<Room>();
        let held = body.held_len() + if inside { 0 } else { size_of::<B>() };
        let metadata: *const (dyn TypedBody + 'static) = &raw const body;
        // SAFETY: `metadata` points to `body`, so its vtable is that of `B`.
        #[allow(unsafe_code)]
        let body = unsafe { SmallBox::new_unchecked(body, metadata) };
        Payload(Repr::Typed(body, held))
    }

    /// Tells whether the body is still of its Rust type, so that it was sent on this node. What a
    /// transport brought in is bytes.
    #[must_use]
    #[inline]
    pub fn is_typed(&self) -> bool {
        matches!(self.0, Repr::Typed(..))
    }

    /// Returns how many bytes the payload holds outside of the message, as far as that is known
    /// without encoding it: those of a body that is bytes, and for a typed one what its
    /// [`TypedBody`] says.
    #[must_use]
    #[inline]
    pub fn held_len(&self) -> usize {
        match &self.0 {
            Repr::Bytes(bytes) => bytes.len(),
            Repr::Typed(_, held) => *held,
        }
    }

    /// Returns the bytes, encoding the body if that has not happened yet.
    ///
    /// # Errors
    /// [`EncodeError`] if the body's own `Serialize` fails.
    pub fn to_bytes(&self) -> Result<&[u8], EncodeError> {
        self.to_bytes_of(None)
    }

    /// As [`to_bytes`](Self::to_bytes), while the body is out in a [`Routed`](crate::Routed).
    #[inline]
    pub(crate) fn to_bytes_of(&self, taken: Option<&dyn any::Any>) -> Result<&[u8], EncodeError> {
        match &self.0 {
            Repr::Bytes(bytes) => Ok(bytes),
            Repr::Typed(body, _) => body.bytes(taken),
        }
    }

    /// Takes the bytes out, encoding the body if that has not happened yet.
    ///
    /// # Errors
    /// [`EncodeError`] if the body's own `Serialize` fails.
    pub fn into_bytes(self) -> Result<Vec<u8>, EncodeError> {
        match self.0 {
            Repr::Bytes(bytes) => Ok(bytes),
            Repr::Typed(body, _) => body.bytes(None).map(<[u8]>::to_vec),
        }
    }

    /// Moves the body out if it is an `M`, decodes it if it is bytes or of another type.
    #[inline]
    pub(crate) fn take<M: Message>(&mut self) -> Result<M, DecodeError> {
        let Repr::Typed(body, _) = &mut self.0 else {
            return decode(self);
        };
        let mut slot: Option<M> = None;
        body.take(&mut slot);
        match slot {
            Some(body) => Ok(body),
            None => {
                let sent_as = body.type_name();
                decode_other(self, sent_as)
            }
        }
    }

    /// Puts a body back that [`take`](Self::take) moved out; a decoded one is simply dropped.
    #[inline]
    pub(crate) fn put<M: 'static>(&mut self, body: M) {
        if let Repr::Typed(empty, _) = &mut self.0 {
            empty.put(&mut Some(body));
        }
    }
}

impl Default for Payload {
    fn default() -> Self {
        Payload(Repr::Bytes(Vec::new()))
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Payload(Repr::Bytes(bytes))
    }
}

impl From<&[u8]> for Payload {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl From<Payload> for Vec<u8> {
    fn from(payload: Payload) -> Self {
        payload.into_bytes().unwrap_or_default()
    }
}

impl Clone for Payload {
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.to_bytes().unwrap_or_default()
    }
}

impl AsRef<[u8]> for Payload {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl DerefMut for Payload {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.as_mut_vec()
    }
}

impl Payload {
    /// Gives the bytes for editing; what was typed is encoded first.
    pub fn as_mut_vec(&mut self) -> &mut Vec<u8> {
        if let Repr::Typed(..) = self.0 {
            let bytes = mem::take(self).into();
            self.0 = Repr::Bytes(bytes);
        }
        match &mut self.0 {
            Repr::Bytes(bytes) => bytes,
            Repr::Typed(..) => unreachable!("a typed body was just replaced by its bytes"),
        }
    }

    /// Appends one byte.
    pub fn push(&mut self, byte: u8) {
        self.as_mut_vec().push(byte);
    }

    /// Appends bytes.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.as_mut_vec().extend_from_slice(bytes);
    }
}

impl<B: AsRef<[u8]> + ?Sized> PartialEq<B> for Payload {
    fn eq(&self, other: &B) -> bool {
        **self == *other.as_ref()
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Bytes(bytes) => write!(f, "Payload({} bytes)", bytes.len()),
            Repr::Typed(body, _) => write!(f, "Payload({})", body.type_name()),
        }
    }
}
