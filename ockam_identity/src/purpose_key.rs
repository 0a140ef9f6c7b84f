//! Purpose keys: the keys that an identity uses every day, so that its own stays in the drawer.
//!
//! An attestation says that a key is an identity's, for one purpose and for some time. This room
//! owns its structure, its verification, and how it is made. It refuses to know where keys are
//! stored and what the time is.

mod attestation;
mod error;

pub use attestation::{Attestation, AttestationData, PurposeKey};
pub use error::AttestationError;

use crate::identity::Identity;
use crate::vault::{KeyHandle, Vault, VaultError};
use alloc::vec::Vec;
use ockam_core::cbor::{CborError, Elements, Reader, write_unsigned};

/// How far ahead of this clock another may be, in seconds: what was made up to so much later than
/// now is accepted, as Ockam 0.150 does.
pub const CLOCK_DRIFT: u64 = 60;

/// How long a new purpose key lives unless told otherwise, in seconds: five years of 365 days, as
/// in Ockam 0.150.
pub const PURPOSE_KEY_LIFETIME: u64 = 1_825 * 24 * 60 * 60;

/// The time in which something holds, in seconds since 1970 UTC, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// When it was made.
    pub created_at: u64,
    /// The last second in which it holds.
    pub expires_at: u64,
}

impl Validity {
    /// Begins now and lasts for a number of seconds.
    #[must_use]
    pub fn lasting(now: u64, seconds: u64) -> Self {
        Validity { created_at: now, expires_at: now.saturating_add(seconds) }
    }

    /// Ends no later than another does.
    #[must_use]
    pub fn until_at_most(mut self, end: u64) -> Self {
        self.expires_at = self.expires_at.min(end);
        self
    }

    /// Writes the two fields in which a structure has it.
    pub(crate) fn write(self, buffer: &mut Vec<u8>) {
        write_unsigned(buffer, self.created_at);
        write_unsigned(buffer, self.expires_at);
    }

    /// Reads the next two fields of a structure.
    pub(crate) fn read(reader: &mut Reader<'_>, fields: &mut Elements) -> Result<Self, CborError> {
        const CREATED: &str = "the time of creation";
        const EXPIRES: &str = "the time of expiry";
        reader.require(fields, CREATED)?;
        let created_at = reader.unsigned(CREATED)?;
        reader.require(fields, EXPIRES)?;
        let expires_at = reader.unsigned(EXPIRES)?;
        Ok(Validity { created_at, expires_at })
    }

    /// Says how this relates to the time, with [`CLOCK_DRIFT`].
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

/// How something relates to the time if it does not hold.
pub(crate) enum Untimely {
    Early,
    Late,
}

impl Attestation {
    /// Lets an identity attest a key. The vault has the identity's own key under `identity_key`.
    ///
    /// The attestation ends with the identity's key, if that is earlier.
    ///
    /// # Errors
    /// [`VaultError`] if the vault does not sign.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it has no effect.
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
            // The clock of whoever made the identity may be ahead of this one.
            created_at: validity.created_at.max(latest.attestations_valid_from),
            expires_at: validity.expires_at,
        };
        Self::sign(vault, identity_key, &data).await
    }

    /// Verifies that an identity attests a key, and returns what it says.
    ///
    /// `subject` is the identity as the verifier knows it: an attestation by an earlier key of it,
    /// or by one that the verifier has not heard of yet, is void. `now` is in seconds since 1970
    /// UTC. What the key is for is the caller's to check.
    ///
    /// # Errors
    /// [`AttestationError`] says what is wrong.
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
