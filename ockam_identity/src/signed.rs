//! Signed data: the envelope of all signatures of identities and credentials.
//!
//! It owns the envelope `[version, data_type, data]`, its hash, and its signature. It does not know
//! the content, and never re-encodes received data: a signature covers the original bytes.
//!
//! Signatures have no context string. The data type separates the kinds of data, so it is checked
//! before the content is decoded.

use crate::codec::Structure;
use crate::vault::{Signature, VaultError, VerifyingKey, sha256};
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use ockam_core::cbor::{CborError, Reader, write_array, write_bytes, write_unsigned};

/// The only supported version.
pub(crate) const VERSION: u8 = 1;

/// The kinds of signed data, with their numbers on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum DataType {
    Change = 1,
    Attestation = 2,
    Credential = 3,
}

/// Data with its version and the number of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionedData {
    /// The version of the data's structure.
    pub version: u8,
    /// The kind of the data: 1 a change, 2 the attestation of a purpose key, 3 a credential.
    pub data_type: u8,
    /// The structure, encoded.
    pub data: Vec<u8>,
}

impl Structure for VersionedData {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 3);
        write_unsigned(buffer, self.version.into());
        write_unsigned(buffer, self.data_type.into());
        write_bytes(buffer, &self.data);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut fields = reader.array("versioned data")?;
        reader.require(&mut fields, "the version")?;
        let version = reader.byte("the version")?;
        reader.require(&mut fields, "the data type")?;
        let data_type = reader.byte("the data type")?;
        reader.require(&mut fields, "the data")?;
        let data = reader.bytes("the data")?.to_vec();
        reader.skip_rest(&mut fields)?;
        Ok(VersionedData { version, data_type, data })
    }
}

/// Error of decoding signed data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignedDataError {
    /// The bytes are not the expected structure.
    Malformed(CborError),
    /// The version is not supported. The peer may be newer.
    Version(u8),
    /// It is another kind of data, which may be an attempt to reuse a signature for another purpose.
    DataType {
        /// The actual number.
        found: u8,
        /// The expected number.
        expected: u8,
    },
}

impl Error for SignedDataError {}

impl fmt::Display for SignedDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Version(version) => write!(f, "version {version} is not known, only {VERSION}"),
            Self::DataType { found, expected } => {
                write!(f, "the data type is {found}, not {expected}")
            }
        }
    }
}

impl From<CborError> for SignedDataError {
    fn from(error: CborError) -> Self {
        Self::Malformed(error)
    }
}

/// Encodes a structure as the bytes that are signed.
pub(crate) fn wrap(data_type: DataType, data: &impl Structure) -> Vec<u8> {
    let data = data.encode();
    VersionedData { version: VERSION, data_type: data_type as u8, data }.encode()
}

/// Decodes a structure from the bytes that are signed.
pub(crate) fn unwrap<T: Structure>(
    bytes: &[u8],
    data_type: DataType,
) -> Result<T, SignedDataError> {
    let versioned = VersionedData::decode(bytes)?;
    if versioned.version != VERSION {
        return Err(SignedDataError::Version(versioned.version));
    }
    let (found, expected) = (versioned.data_type, data_type as u8);
    if found != expected {
        return Err(SignedDataError::DataType { found, expected });
    }
    Ok(T::decode(&versioned.data)?)
}

/// The original bytes of data, and a signature over them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) data: Vec<u8>,
    pub(crate) signature: Signature,
}

impl Signed {
    /// Verifies that a key has signed the data.
    pub(crate) fn verify(&self, key: &VerifyingKey) -> Result<(), VaultError> {
        key.verify(&sha256(&self.data), &self.signature)
    }
}

impl Structure for Signed {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 2);
        write_bytes(buffer, &self.data);
        self.signature.write(buffer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut fields = reader.array("signed data")?;
        reader.require(&mut fields, "the signed data")?;
        let data = reader.bytes("the signed data")?.to_vec();
        reader.require(&mut fields, "the signature")?;
        let signature = Signature::read(reader)?;
        reader.skip_rest(&mut fields)?;
        Ok(Signed { data, signature })
    }
}
