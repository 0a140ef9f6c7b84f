//! Encoding and decoding of structures.
//!
//! It owns the trait, and the encoding of common parts: keys, signatures, hashes, optional fields.
//! Decoding verifies nothing.

use crate::vault::{AgreementKey, Signature, VerifyingKey};
use alloc::vec::Vec;
use ockam_core::cbor::{CborError, Reader, write_bytes, write_null, write_variant};

/// A structure of the protocols, in CBOR (RFC 8949): an array of its fields in their order.
///
/// Encoding is canonical. Decoding accepts the same as Ockam 0.150: further elements and bytes after
/// the known ones, longer forms of numbers and lengths, arrays of indefinite length.
pub trait Structure: Sized {
    /// Appends the structure to a buffer.
    fn write(&self, buffer: &mut Vec<u8>);

    /// Reads the structure; bytes after it stay unread.
    ///
    /// # Errors
    /// [`CborError`] says which byte is wrong.
    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError>;

    /// Returns the structure as bytes.
    #[must_use]
    fn encode(&self) -> Vec<u8> {
        let mut buffer = Vec::new();
        self.write(&mut buffer);
        buffer
    }

    /// Decodes a structure; bytes after it are ignored.
    ///
    /// # Errors
    /// [`CborError`] says which byte is wrong.
    fn decode(bytes: &[u8]) -> Result<Self, CborError> {
        Self::read(&mut Reader::new(bytes))
    }
}

/// Reads the fields of a variant; those after the first are ignored.
pub(crate) fn read_field<'a, T, E: From<CborError>>(
    reader: &mut Reader<'a>,
    part: &'static str,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, E>,
) -> Result<T, E> {
    let mut fields = reader.array(part)?;
    reader.require(&mut fields, part)?;
    let field = read(reader)?;
    reader.skip_rest(&mut fields)?;
    Ok(field)
}

/// Returns the error for an unknown variant.
pub(crate) fn no_variant(reader: &Reader<'_>, part: &'static str, value: u64) -> CborError {
    CborError::TooLarge { offset: reader.offset(), part, value, limit: 1 }
}

/// Reads an array of structures.
pub(crate) fn read_list<T: Structure>(
    reader: &mut Reader<'_>,
    part: &'static str,
) -> Result<Vec<T>, CborError> {
    let mut elements = reader.array(part)?;
    let mut list = Vec::new();
    while reader.has_next(&mut elements)? {
        list.push(T::read(reader)?);
    }
    Ok(list)
}

/// Writes an array of structures.
pub(crate) fn write_list<T: Structure>(buffer: &mut Vec<u8>, list: &[T]) {
    ockam_core::cbor::write_array(buffer, list.len());
    list.iter().for_each(|item| item.write(buffer));
}

/// Reads an optional hash, which is `null` for `None`.
pub(crate) fn read_optional_hash(
    reader: &mut Reader<'_>,
    part: &'static str,
) -> Result<Option<[u8; 32]>, CborError> {
    if reader.take_null() { Ok(None) } else { reader.byte_array(part).copied().map(Some) }
}

/// Writes an optional hash, which is `null` for `None`.
pub(crate) fn write_optional_hash(buffer: &mut Vec<u8>, hash: Option<&[u8; 32]>) {
    match hash {
        Some(hash) => write_bytes(buffer, hash),
        None => write_null(buffer),
    }
}

impl Structure for VerifyingKey {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_variant(buffer, u64::from(matches!(self, Self::P256(_))), 1);
        write_bytes(buffer, self.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const PART: &str = "a verifying key";
        match reader.variant(PART)? {
            0 => read_field(reader, PART, |r| r.byte_array(PART).copied().map(Self::Ed25519)),
            1 => read_field(reader, PART, |r| r.byte_array(PART).copied().map(Self::P256)),
            other => Err(no_variant(reader, PART, other)),
        }
    }
}

impl Structure for Signature {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_variant(buffer, u64::from(matches!(self, Self::P256(_))), 1);
        write_bytes(buffer, self.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const PART: &str = "a signature";
        match reader.variant(PART)? {
            0 => read_field(reader, PART, |r| r.byte_array(PART).copied().map(Self::Ed25519)),
            1 => read_field(reader, PART, |r| r.byte_array(PART).copied().map(Self::P256)),
            other => Err(no_variant(reader, PART, other)),
        }
    }
}

impl Structure for AgreementKey {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_bytes(buffer, self.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        reader.byte_array::<32>("an X25519 key").copied().map(AgreementKey::from)
    }
}
