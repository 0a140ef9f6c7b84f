//! The state of an identity of this node: handles of keys, and attestations.

use super::clock::check_clock;
use crate::identity::Identity;
use crate::purpose_key::{Attestation, CLOCK_DRIFT, PURPOSE_KEY_LIFETIME, PurposeKey, Validity};
use crate::vault::{KeyHandle, KeyKind, Secret, Vault, VaultError};
use alloc::format;
use alloc::vec::Vec;
use ockam_core::{Error, ErrorKind};

/// The use of a purpose key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    SecureChannel,
    Credentials,
}

/// A key in the vault and its attestation.
pub(super) type AttestedKey = (KeyHandle, Attestation);

#[derive(Clone)]
pub(super) struct OwnIdentity {
    pub(super) identity: Identity,
    pub(super) key: KeyHandle,
    channels: Option<AttestedKey>,
    credentials: Option<AttestedKey>,
}

impl OwnIdentity {
    pub(super) fn new(identity: Identity, key: KeyHandle) -> Self {
        OwnIdentity { identity, key, channels: None, credentials: None }
    }

    /// Replaces the handle of the same key.
    pub(super) fn with_key(mut self, key: KeyHandle) -> Self {
        self.key = key;
        self
    }

    /// Restores an identity from a store.
    pub(super) fn restored(
        identity: Identity,
        key: KeyHandle,
        [channels, credentials]: [Option<AttestedKey>; 2],
    ) -> Self {
        OwnIdentity { identity, key, channels, credentials }
    }

    /// Lists the purpose keys, that for channels first.
    pub(super) fn purpose_keys(&self) -> [Option<&AttestedKey>; 2] {
        [self.channels.as_ref(), self.credentials.as_ref()]
    }

    /// Lists the handles of all keys.
    pub(super) fn handles(&self) -> Vec<KeyHandle> {
        let purposes = self.purpose_keys().into_iter().flatten();
        let purposes = purposes.map(|(key, _)| key.clone());
        core::iter::once(self.key.clone()).chain(purposes).collect()
    }

    /// Returns a purpose key whose attestation is still valid.
    pub(super) fn purpose_key(&self, purpose: Purpose, now: u64) -> Option<AttestedKey> {
        let (key, attestation) = self.place(purpose).as_ref()?;
        // Verify it as a peer would, except for the signature, which is by this node.
        let data = attestation.data().ok()?;
        let holds = data.subject_latest_change_hash == *self.identity.latest_change_hash()
            && data.validity().check(now).is_ok();
        holds.then(|| (key.clone(), attestation.clone()))
    }

    /// Returns an error if the time is outside of that of the identity's key: peers would reject an
    /// attestation, and a wrong clock would create one purpose key after another.
    pub(super) fn check_time(&self, now: u64) -> Result<(), Error> {
        check_clock(now)?;
        let latest = self.identity.latest_change();
        let (from, until) = (latest.attestations_valid_from, latest.attestations_valid_until);
        if from > now.saturating_add(CLOCK_DRIFT) {
            return Err(Error::with_text(ErrorKind::Failed, || {
                let (identifier, behind) = (self.identity.identifier(), from - now);
                format!("the key of {identifier} begins in {behind} s: set the clock of this node")
            }));
        }
        if until < now {
            return Err(Error::with_text(ErrorKind::Failed, || {
                let (identifier, ago) = (self.identity.identifier(), now - until);
                format!(
                    "the key of {identifier} has run out {ago} s ago: `rotate` it, or set the clock \
                     of this node"
                )
            }));
        }
        Ok(())
    }

    pub(super) async fn make_purpose_key(
        &self,
        vault: &dyn Vault,
        purpose: Purpose,
        entropy: Secret<32>,
        now: u64,
    ) -> Result<AttestedKey, VaultError> {
        let (handle, key) = match purpose {
            Purpose::SecureChannel => {
                let (handle, key) = vault.create_agreement_key(entropy).await?;
                (handle, PurposeKey::SecureChannel(key))
            }
            Purpose::Credentials => {
                let (handle, key) = vault.create_signing_key(KeyKind::Ed25519, entropy).await?;
                (handle, PurposeKey::Credentials(key))
            }
        };
        let validity = Validity::lasting(now, PURPOSE_KEY_LIFETIME);
        let made = Attestation::create(vault, &self.identity, &self.key, key, validity).await?;
        Ok((handle, made))
    }

    /// Stores a purpose key and returns the previous one.
    pub(super) fn keep(&mut self, purpose: Purpose, made: AttestedKey) -> Option<AttestedKey> {
        match purpose {
            Purpose::SecureChannel => self.channels.replace(made),
            Purpose::Credentials => self.credentials.replace(made),
        }
    }

    fn place(&self, purpose: Purpose) -> &Option<AttestedKey> {
        match purpose {
            Purpose::SecureChannel => &self.channels,
            Purpose::Credentials => &self.credentials,
        }
    }
}
