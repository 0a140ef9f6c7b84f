//! The two bodies that are not decoded: [`Any`] ignores the bytes, [`NeutralMessage`] is them.

use alloc::vec::Vec;
use core::fmt;
use core::ops::{Deref, DerefMut};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Stands for a body of any type, which is never decoded.
///
/// A worker with `type Message = Any` takes every message: forwarders, recorders and bridges.
/// [`Routed::cast`](crate::Routed::cast) decodes the body when its type is known after all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Any;

impl fmt::Display for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Any Message")
    }
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Any)
    }
}

/// A body of raw bytes: what is inside is exactly what travels, without a length in front.
///
/// A plain `Vec<u8>` body is different: it is encoded, and so begins with its length.
///
/// ```
/// use ockam_core::{NeutralMessage, encode};
///
/// assert_eq!(encode(&NeutralMessage::from(vec![1, 2])).unwrap(), [1, 2]);
/// assert_eq!(encode(&vec![1u8, 2]).unwrap(), [2, 1, 2]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct NeutralMessage(Vec<u8>);

impl NeutralMessage {
    /// Returns the bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// Takes the bytes out.
    #[must_use]
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}

impl From<Vec<u8>> for NeutralMessage {
    fn from(bytes: Vec<u8>) -> Self {
        NeutralMessage(bytes)
    }
}

impl From<&[u8]> for NeutralMessage {
    fn from(bytes: &[u8]) -> Self {
        NeutralMessage(bytes.to_vec())
    }
}

impl From<NeutralMessage> for Vec<u8> {
    fn from(message: NeutralMessage) -> Self {
        message.0
    }
}

impl Deref for NeutralMessage {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for NeutralMessage {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

/// The `serde` form, used only where a `NeutralMessage` is a part of another type: there it has
/// a length, as every part must.
impl Serialize for NeutralMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for NeutralMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(NeutralMessage)
    }
}
