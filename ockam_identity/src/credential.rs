//! Credentials: attributes of one identity, signed by another.
//!
//! An issuer signs attributes of a subject with a purpose key that it attests. This module owns the
//! structures, their verification, and how they are created. It does not know which issuers are
//! trusted (the caller says it), what the attributes mean, or the time.

mod attributes;
mod error;
mod structure;

pub use attributes::Attributes;
pub use error::CredentialError;
pub use structure::{Credential, CredentialAndPurposeKey, CredentialData};

use crate::identifier::Identifier;
use crate::identity::Identity;
use crate::purpose_key::{Attestation, PurposeKey, Validity};
use crate::vault::{KeyHandle, Vault};

impl CredentialAndPurposeKey {
    /// Returns the claimed issuer without verifying it, so that its history can be looked up.
    ///
    /// # Errors
    /// [`CredentialError`] if the attestation is malformed.
    pub fn issuer(&self) -> Result<Identifier, CredentialError> {
        let data = self.purpose_key_attestation.data();
        Ok(data.map_err(|why| CredentialError::Attestation(why.into()))?.subject)
    }

    /// Verifies a credential for a subject and returns its content.
    ///
    /// `issuer` is an identity that the caller trusts to issue it, as known to the verifier; compare
    /// with [`issuer`](Self::issuer). `now` is in seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`CredentialError`] if the credential is not valid.
    pub fn verify(
        &self,
        subject: &Identifier,
        issuer: &Identity,
        now: u64,
    ) -> Result<CredentialData, CredentialError> {
        let attested = self
            .purpose_key_attestation
            .verify(issuer, now)
            .map_err(CredentialError::Attestation)?;
        let PurposeKey::Credentials(key) = attested.public_key else {
            return Err(CredentialError::OtherPurpose);
        };
        self.credential.verify_signature(&key).map_err(CredentialError::Signature)?;
        let data = self.credential.data()?;
        match data.subject {
            Some(found) if found == *subject => (),
            found => return Err(CredentialError::OtherSubject { expected: *subject, found }),
        }
        if data.created_at < attested.created_at || data.expires_at > attested.expires_at {
            return Err(CredentialError::OutlivesPurposeKey);
        }
        data.validity().check(now)?;
        Ok(data)
    }
}

impl Credential {
    /// Issues a credential for a subject. The vault has the issuer's purpose key under `key`.
    ///
    /// The credential expires no later than the attestation.
    ///
    /// # Errors
    /// [`CredentialError`] if the attestation cannot be read or the vault fails to sign.
    ///
    /// # Cancel safety
    /// Cancel safe: dropping the future has no effect.
    pub async fn issue(
        vault: &dyn Vault,
        attestation: Attestation,
        key: &KeyHandle,
        subject: &Identity,
        attributes: Attributes,
        validity: Validity,
    ) -> Result<CredentialAndPurposeKey, CredentialError> {
        let attested =
            attestation.data().map_err(|why| CredentialError::Attestation(why.into()))?;
        let validity = validity.until_at_most(attested.expires_at);
        let data = CredentialData {
            subject: Some(*subject.identifier()),
            subject_latest_change_hash: Some(*subject.latest_change_hash()),
            attributes,
            created_at: validity.created_at.max(attested.created_at),
            expires_at: validity.expires_at,
        };
        let credential = Self::sign(vault, key, &data).await?;
        Ok(CredentialAndPurposeKey { credential, purpose_key_attestation: attestation })
    }
}
