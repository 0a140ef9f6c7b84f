//! Purpose keys: the everyday keys of an identity, so that the identity key is rarely used.
//!
//! An attestation certifies that a key belongs to an identity, for one purpose and a limited time.
//! This module owns its structure, its verification, and how it is created. It does not know where
//! keys are stored, or the time.

mod attestation;
mod error;

pub use attestation::{Attestation, AttestationData, PurposeKey};
pub use error::AttestationError;

use crate::identity::Identity;
use crate::vault::{KeyHandle, Vault, VaultError};
use alloc::vec::Vec;
use ockam_core::cbor::{CborError, Elements, Reader, write_unsigned};

/// Tolerance in seconds for clocks that are ahead of this one: data created up to this much in the
/// future is accepted, as in Ockam 0.150.
pub const CLOCK_DRIFT: u64 = 60;

/// Default lifetime of a new purpose key in seconds: five years of 365 days, as in Ockam 0.150.
pub const PURPOSE_KEY_LIFETIME: u64 = 1_825 * 24 * 60 * 60;

/// A validity period in seconds since 1970 UTC, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The time of creation.
    pub created_at: u64,
    /// The last second of validity.
    pub expires_at: u64,
}

impl Validity {
    /// Returns a period that begins now and lasts for a number of seconds.
    #[must_use]
    pub fn lasting(now: u64, seconds: u64) -> Self {
        Validity { created_at: now, expires_at: now.saturating_add(seconds) }
    }

    /// Limits the end to that of another period.
    #[must_use]
    pub fn until_at_most(mut self, end: u64) -> Self {
        self.expires_at = self.expires_at.min(end);
        self
    }

    /// Writes it as two fields of a structure.
    pub(crate) fn write(self, buffer: &mut Vec<u8>) {
        write_unsigned(buffer, self.created_at);
        write_unsigned(buffer, self.expires_at);
    }

    /// Reads it from the next two fields of a structure.
    pub(crate) fn read(reader: &mut Reader<'_>, fields: &mut Elements) -> Result<Self, CborError> {
        const CREATED: &str = "the time of creation";
        const EXPIRES: &str = "the time of expiry";
        reader.require(fields, CREATED)?;
        let created_at = reader.unsigned(CREATED)?;
        reader.require(fields, EXPIRES)?;
        let expires_at = reader.unsigned(EXPIRES)?;
        Ok(Validity { created_at, expires_at })
    }

    /// Checks the period against the time, with [`CLOCK_DRIFT`].
    pub(crate) fn check(&self, now: u64) -> Result<(), Untimely> {
        if self.created_at > now.saturating_add(CLOCK_DRIFT) {
            Err(Untimely::Early)
        } else if self.expires_at < now {
            Err(Untimely::Late)
        } else {
            Ok(())
        }
    }
}

/// The reason why a period is not valid at a time.
pub(crate) enum Untimely {
    Early,
    Late,
}

impl Attestation {
    /// Attests a key in the name of an identity. The vault has the identity key under
    /// `identity_key`.
    ///
    /// The attestation expires no later than the identity's key.
    ///
    /// # Errors
    /// [`VaultError`] if the vault fails to sign.
    ///
    /// # Cancel safety
    /// Cancel safe: dropping the future has no effect.
    pub async fn create(
        vault: &dyn Vault,
        identity: &Identity,
        identity_key: &KeyHandle,
        key: PurposeKey,
        validity: Validity,
    ) -> Result<Self, VaultError> {
        let latest = identity.latest_change();
        let validity = validity.until_at_most(latest.attestations_valid_until);
        let data = AttestationData {
            subject: *identity.identifier(),
            subject_latest_change_hash: *identity.latest_change_hash(),
            public_key: key,
            // The clock of the node that created the identity may be ahead of this one.
            created_at: validity.created_at.max(latest.attestations_valid_from),
            expires_at: validity.expires_at,
        };
        Self::sign(vault, identity_key, &data).await
    }

    /// Verifies that an identity attests a key, and returns the content of the attestation.
    ///
    /// `subject` is the identity as known to the verifier: an attestation by an earlier key, or by
    /// one that the verifier does not know yet, is void. `now` is in seconds since 1970 UTC. The
    /// caller has to check the purpose of the key.
    ///
    /// # Errors
    /// [`AttestationError`] if the attestation is not valid.
    pub fn verify(
        &self,
        subject: &Identity,
        now: u64,
    ) -> Result<AttestationData, AttestationError> {
        let data = self.data()?;
        if data.subject != *subject.identifier() {
            let (expected, found) = (*subject.identifier(), data.subject);
            return Err(AttestationError::OtherSubject { expected, found });
        }
        if data.subject_latest_change_hash != *subject.latest_change_hash() {
            return Err(AttestationError::OtherChange);
        }
        let latest = subject.latest_change();
        if data.created_at < latest.attestations_valid_from
            || data.expires_at > latest.attestations_valid_until
        {
            return Err(AttestationError::OutlivesIdentity);
        }
        data.validity().check(now)?;
        self.verify_signature(subject.verifying_key()).map_err(AttestationError::Signature)?;
        Ok(data)
    }
}
