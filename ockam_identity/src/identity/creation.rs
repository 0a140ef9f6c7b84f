//! Creating identities, and new keys of identities.

use super::{Change, ChangeData, ChangeHistory, Identity, IdentityError, MAX_HISTORY_CHANGES};
use crate::signed::{self, DataType};
use crate::vault::{KeyHandle, KeyKind, Secret, Vault, sha256};
use alloc::vec::Vec;

/// Default lifetime of a new key in seconds: ten years of 365 days, as in Ockam 0.150.
pub const IDENTITY_KEY_LIFETIME: u64 = 3_650 * 24 * 60 * 60;

/// Options for the key of a new identity, or the next key of an identity.
#[derive(Clone, Debug)]
pub struct IdentityOptions {
    valid_from: u64,
    valid_until: u64,
    revoke_all_purpose_keys: bool,
}

impl IdentityOptions {
    /// Creates options for an Ed25519 key that attests from `now`, in seconds since 1970 UTC, for
    /// [`IDENTITY_KEY_LIFETIME`].
    #[must_use]
    pub fn new(now: u64) -> Self {
        IdentityOptions {
            valid_from: now,
            valid_until: now.saturating_add(IDENTITY_KEY_LIFETIME),
            revoke_all_purpose_keys: false,
        }
    }

    /// Sets the times between which the key attests, in seconds since 1970 UTC.
    #[must_use]
    pub fn with_validity(mut self, from: u64, until: u64) -> Self {
        (self.valid_from, self.valid_until) = (from, until);
        self
    }

    pub(crate) fn valid_until(&self) -> u64 {
        self.valid_until
    }

    /// Marks earlier purpose keys as revoked. Every new key revokes them, with or without the mark.
    #[must_use]
    pub fn with_revocation_of_purpose_keys(mut self) -> Self {
        self.revoke_all_purpose_keys = true;
        self
    }
}

impl Identity {
    /// Creates an identity with a new key, from 32 random bytes.
    ///
    /// # Errors
    /// [`IdentityError::Vault`] if the vault creates no key.
    ///
    /// # Cancel safety
    /// If the future is dropped, an unused key may stay in the vault.
    pub async fn create(
        vault: &dyn Vault,
        options: IdentityOptions,
        entropy: Secret<32>,
    ) -> Result<(Identity, KeyHandle), IdentityError> {
        let (key, public) = vault.create_signing_key(KeyKind::Ed25519, entropy).await?;
        let data = ChangeData {
            previous_change: None,
            primary_public_key: public,
            revoke_all_purpose_keys: options.revoke_all_purpose_keys,
            attestations_valid_from: options.valid_from,
            attestations_valid_until: options.valid_until,
        };
        let data = signed::wrap(DataType::Change, &data);
        let signature = vault.sign(&key, &sha256(&data)).await?;
        let history = ChangeHistory::new(Vec::from([Change::new(data, signature, None)]));
        Ok((Identity::verify(history, None)?, key))
    }

    /// Returns the same identity with a new key, from 32 random bytes, signed by its current key.
    /// For peers that learn of the change, all attestations by the old key are void.
    ///
    /// The old key stays in the vault, so that nothing is lost if the result cannot be stored. Delete
    /// it once the result is stored.
    ///
    /// # Errors
    /// [`IdentityError::Vault`] if the vault creates no key or does not have the old one, and
    /// [`IdentityError::TooManyChanges`] after [`MAX_HISTORY_CHANGES`].
    ///
    /// # Cancel safety
    /// If the future is dropped, an unused key may stay in the vault.
    pub async fn rotate(
        &self,
        vault: &dyn Vault,
        old_key: &KeyHandle,
        options: IdentityOptions,
        entropy: Secret<32>,
    ) -> Result<(Identity, KeyHandle), IdentityError> {
        if self.history.changes().len() >= MAX_HISTORY_CHANGES {
            return Err(IdentityError::TooManyChanges(self.identifier));
        }
        let (key, public) = vault.create_signing_key(KeyKind::Ed25519, entropy).await?;
        let data = ChangeData {
            previous_change: Some(*self.latest_change_hash()),
            primary_public_key: public,
            revoke_all_purpose_keys: options.revoke_all_purpose_keys,
            // It must not decrease, and the clocks of machines differ.
            attestations_valid_from: options.valid_from.max(self.latest.attestations_valid_from),
            attestations_valid_until: options.valid_until,
        };
        let data = signed::wrap(DataType::Change, &data);
        let hash = sha256(&data);
        let signature = vault.sign(&key, &hash).await?;
        let previous_signature = vault.sign(old_key, &hash).await?;
        let mut changes = self.history.changes().to_vec();
        changes.push(Change::new(data, signature, Some(previous_signature)));
        // Verify it as a peer would: the old key may belong to another identity.
        let identity = Identity::verify(ChangeHistory::new(changes), Some(&self.identifier))?;
        Ok((identity, key))
    }
}
