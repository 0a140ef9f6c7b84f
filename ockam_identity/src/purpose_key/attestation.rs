//! The structure of an attestation, by which an identity certifies a purpose key.

use super::Validity;
use crate::codec::{Structure, no_variant, read_field};
use crate::identifier::{ChangeHash, Identifier};
use crate::signed::{self, DataType, Signed, SignedDataError};
use crate::vault::{AgreementKey, KeyHandle, Vault, VaultError, VerifyingKey, sha256};
use alloc::vec::Vec;
use core::fmt;
use ockam_core::cbor::{CborError, Reader, write_array, write_bytes, write_variant};

/// A key and its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PurposeKey {
    /// The static key of secure channels.
    SecureChannel(AgreementKey),
    /// A key that signs credentials.
    Credentials(VerifyingKey),
}

impl Structure for PurposeKey {
    fn write(&self, buffer: &mut Vec<u8>) {
        match self {
            Self::SecureChannel(key) => {
                write_variant(buffer, 0, 1);
                key.write(buffer);
            }
            Self::Credentials(key) => {
                write_variant(buffer, 1, 1);
                key.write(buffer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const PART: &str = "a purpose key";
        match reader.variant(PART)? {
            0 => read_field(reader, PART, AgreementKey::read).map(Self::SecureChannel),
            1 => read_field(reader, PART, VerifyingKey::read).map(Self::Credentials),
            other => Err(no_variant(reader, PART, other)),
        }
    }
}

/// The content of an attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationData {
    /// The identity that owns the key and signs.
    pub subject: Identifier,
    /// The identity's latest change at the time of signing.
    pub subject_latest_change_hash: ChangeHash,
    /// The key and its purpose.
    pub public_key: PurposeKey,
    /// The time of signing, in seconds since 1970 UTC.
    pub created_at: u64,
    /// The last second of its validity, since 1970 UTC.
    pub expires_at: u64,
}

impl AttestationData {
    /// Returns its validity period.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { created_at: self.created_at, expires_at: self.expires_at }
    }
}

impl Structure for AttestationData {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 5);
        self.subject.write(buffer);
        write_bytes(buffer, self.subject_latest_change_hash.as_bytes());
        self.public_key.write(buffer);
        self.validity().write(buffer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const SUBJECT: &str = "the subject";
        const HASH: &str = "the hash of the subject's latest change";
        const KEY: &str = "the purpose key";
        let mut fields = reader.array("an attestation")?;
        reader.require(&mut fields, SUBJECT)?;
        let subject = Identifier::read(reader)?;
        reader.require(&mut fields, HASH)?;
        let subject_latest_change_hash = ChangeHash::from(*reader.byte_array(HASH)?);
        reader.require(&mut fields, KEY)?;
        let public_key = PurposeKey::read(reader)?;
        let Validity { created_at, expires_at } = Validity::read(reader, &mut fields)?;
        reader.skip_rest(&mut fields)?;
        Ok(AttestationData {
            subject,
            subject_latest_change_hash,
            public_key,
            created_at,
            expires_at,
        })
    }
}

/// An attestation with the identity's signature, unverified.
#[derive(Clone, PartialEq, Eq)]
pub struct Attestation(Signed);

impl Attestation {
    /// Decodes its content without verifying it.
    ///
    /// # Errors
    /// [`SignedDataError`] if it is not an attestation.
    pub fn data(&self) -> Result<AttestationData, SignedDataError> {
        signed::unwrap(&self.0.data, DataType::Attestation)
    }

    pub(super) async fn sign(
        vault: &dyn Vault,
        key: &KeyHandle,
        data: &AttestationData,
    ) -> Result<Self, VaultError> {
        let data = signed::wrap(DataType::Attestation, data);
        let signature = vault.sign(key, &sha256(&data)).await?;
        Ok(Attestation(Signed { data, signature }))
    }

    pub(super) fn verify_signature(&self, key: &VerifyingKey) -> Result<(), VaultError> {
        self.0.verify(key)
    }
}

impl Structure for Attestation {
    fn write(&self, buffer: &mut Vec<u8>) {
        self.0.write(buffer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        Signed::read(reader).map(Attestation)
    }
}

impl fmt::Debug for Attestation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attestation({:?})", self.data())
    }
}
