//! The structure of a credential.

use super::Attributes;
use crate::codec::{Structure, read_optional_hash, write_optional_hash};
use crate::identifier::{ChangeHash, Identifier};
use crate::purpose_key::{Attestation, Validity};
use crate::signed::{self, DataType, Signed, SignedDataError};
use crate::vault::{KeyHandle, Vault, VaultError, VerifyingKey, sha256};
use alloc::vec::Vec;
use core::fmt;
use ockam_core::cbor::{CborError, Reader, write_array};

/// The content of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialData {
    /// The subject. A credential without a subject is rejected.
    pub subject: Option<Identifier>,
    /// The subject's latest change at the time of issue. It is not verified.
    pub subject_latest_change_hash: Option<ChangeHash>,
    /// The attributes of the subject.
    pub attributes: Attributes,
    /// The time of issue, in seconds since 1970 UTC.
    pub created_at: u64,
    /// The last second of its validity, since 1970 UTC.
    pub expires_at: u64,
}

impl CredentialData {
    /// Returns its validity period.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Validity { created_at: self.created_at, expires_at: self.expires_at }
    }
}

impl Structure for CredentialData {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 5);
        write_optional_hash(buffer, self.subject.as_ref().map(Identifier::as_bytes));
        let hash = self.subject_latest_change_hash.as_ref();
        write_optional_hash(buffer, hash.map(ChangeHash::as_bytes));
        self.attributes.write(buffer);
        self.validity().write(buffer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const SUBJECT: &str = "the subject";
        const HASH: &str = "the hash of the subject's latest change";
        const ATTRIBUTES: &str = "the attributes";
        let mut fields = reader.array("a credential")?;
        reader.require(&mut fields, SUBJECT)?;
        let subject = read_optional_hash(reader, SUBJECT)?.map(Identifier::from);
        reader.require(&mut fields, HASH)?;
        let subject_latest_change_hash = read_optional_hash(reader, HASH)?.map(ChangeHash::from);
        reader.require(&mut fields, ATTRIBUTES)?;
        let attributes = Attributes::read(reader)?;
        let Validity { created_at, expires_at } = Validity::read(reader, &mut fields)?;
        reader.skip_rest(&mut fields)?;
        Ok(CredentialData {
            subject,
            subject_latest_change_hash,
            attributes,
            created_at,
            expires_at,
        })
    }
}

/// A credential with the signature of a purpose key, unverified.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(Signed);

impl Credential {
    /// Decodes its content without verifying it.
    ///
    /// # Errors
    /// [`SignedDataError`] if it is not a credential.
    pub fn data(&self) -> Result<CredentialData, SignedDataError> {
        signed::unwrap(&self.0.data, DataType::Credential)
    }

    pub(super) async fn sign(
        vault: &dyn Vault,
        key: &KeyHandle,
        data: &CredentialData,
    ) -> Result<Self, VaultError> {
        let data = signed::wrap(DataType::Credential, data);
        let signature = vault.sign(key, &sha256(&data)).await?;
        Ok(Credential(Signed { data, signature }))
    }

    pub(super) fn verify_signature(&self, key: &VerifyingKey) -> Result<(), VaultError> {
        self.0.verify(key)
    }
}

impl Structure for Credential {
    fn write(&self, buffer: &mut Vec<u8>) {
        self.0.write(buffer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        Signed::read(reader).map(Credential)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({:?})", self.data())
    }
}

/// A credential and the attestation of the key that signed it, as a subject presents it to peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialAndPurposeKey {
    /// The credential.
    pub credential: Credential,
    /// The attestation that the signing key belongs to the issuer.
    pub purpose_key_attestation: Attestation,
}

impl Structure for CredentialAndPurposeKey {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 2);
        self.credential.write(buffer);
        self.purpose_key_attestation.write(buffer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut fields = reader.array("a credential and its purpose key")?;
        reader.require(&mut fields, "the credential")?;
        let credential = Credential::read(reader)?;
        reader.require(&mut fields, "the attestation")?;
        let purpose_key_attestation = Attestation::read(reader)?;
        reader.skip_rest(&mut fields)?;
        Ok(CredentialAndPurposeKey { credential, purpose_key_attestation })
    }
}
