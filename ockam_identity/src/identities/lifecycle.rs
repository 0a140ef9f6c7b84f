//! Creating and changing identities of this node: the identity itself, its key, and its purpose
//! keys.
//!
//! A change is written to the store first, and only on top of the history that it was derived from.

use super::Identities;
use super::change_lock::ChangeLock;
use super::clock::check_clock;
use super::error::{failed, is_panic, unknown};
use super::own_identity::{OwnIdentity, Purpose};
use crate::identifier::Identifier;
use crate::identity::{Comparison, Identity, IdentityError, IdentityOptions};
use crate::purpose_key::Attestation;
use crate::vault::{KeyHandle, Secret};
use alloc::format;
use ockam_core::{Error, ErrorKind, Result};
use rand_core::CryptoRng;

impl Identities {
    /// Creates an identity with a new Ed25519 key.
    ///
    /// # Errors
    /// [`Failed`](ErrorKind::Failed) if the vault creates no key, or if the clock is before
    /// [`EARLIEST_TIME`](crate::EARLIEST_TIME): peers would reject the identity once the clock is
    /// right.
    ///
    /// # Cancel safety
    /// If the future is dropped, no identity is created. An unused key may stay in the vault.
    pub async fn create_identity(&self, rng: &mut impl CryptoRng) -> Result<Identifier> {
        self.create_identity_with(IdentityOptions::new(self.try_now()?), rng).await
    }

    /// Creates an identity with a new key.
    ///
    /// # Errors
    /// As [`create_identity`](Self::create_identity), and [`InvalidInput`](ErrorKind::InvalidInput)
    /// if the key would have expired already.
    ///
    /// # Cancel safety
    /// As [`create_identity`](Self::create_identity).
    pub async fn create_identity_with(
        &self,
        options: IdentityOptions,
        rng: &mut impl CryptoRng,
    ) -> Result<Identifier> {
        check_new_key(&options, self.try_now()?)?;
        let created = Identity::create(self.vault(), options, Secret::random(rng)).await;
        let (identity, key) = created.map_err(|why| failed(why, "creating an identity"))?;
        self.take_over(identity, key).await
    }

    /// Imports an identity of this node whose key is in the vault: the result of
    /// [`export`](Self::export), and the handle of the key.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the history is not valid, is older than the
    /// known one or contradicts it, or if the key is not that of its last change.
    ///
    /// # Cancel safety
    /// If the future is dropped, nothing has changed.
    pub async fn import_private(&self, history: &[u8], key: KeyHandle) -> Result<Identifier> {
        let identity = Identity::import(history, None).map_err(invalid)?;
        let message = [7; 32];
        let proved = match self.vault().sign(&key, &message).await {
            Ok(signature) => identity.verifying_key().verify(&message, &signature),
            Err(why) => Err(why),
        };
        proved.map_err(|why| {
            let kind = if is_panic(&why) { ErrorKind::Panicked } else { ErrorKind::InvalidInput };
            Error::with_cause(kind, why)
                .add_context("the key in the vault is not that of the identity")
        })?;
        self.take_over(identity, key).await
    }

    /// Replaces the key of an identity of this node and deletes the old one. For peers that learn of
    /// the change, all earlier attestations are void; new ones are created on demand.
    ///
    /// Concurrent rotations of one identity run one after the other; each adds a key.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node,
    /// [`Failed`](ErrorKind::Failed) if the vault creates no key, if another writer of the store has
    /// changed the identity since it was read, or if the clock is before
    /// [`EARLIEST_TIME`](crate::EARLIEST_TIME);
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the new key would have expired already.
    ///
    /// # Cancel safety
    /// If the future is dropped, the identity has its old key or its new one. The unused key may
    /// stay in the vault.
    pub async fn rotate(
        &self,
        identifier: &Identifier,
        options: IdentityOptions,
        rng: &mut impl CryptoRng,
    ) -> Result<()> {
        check_new_key(&options, self.try_now()?)?;
        let _lock = ChangeLock::take(self, identifier).await;
        let own = self.own_identity(identifier)?;
        let rotated = own.identity.rotate(self.vault(), &own.key, options, Secret::random(rng));
        let (identity, key) =
            rotated.await.map_err(|why| failed(why, "giving an identity a new key"))?;
        if let Err(error) = self.keep_own(Some(&own), OwnIdentity::new(identity, key.clone())) {
            // The key belongs to a change that was not stored. That error is more important than a
            // failure to delete the key.
            let _ = self.vault().delete_key(&key).await;
            return Err(error);
        }
        for old in own.handles() {
            let deleted = self.vault().delete_key(&old).await;
            deleted.map_err(|why| failed(why, "deleting the old key of an identity"))?;
        }
        Ok(())
    }

    /// Returns the key of an identity of this node for a purpose, with its attestation: the existing
    /// one if it is still valid, or a new one. Also returns the state of the attesting identity.
    pub(super) async fn purpose_key(
        &self,
        identifier: &Identifier,
        purpose: Purpose,
        rng: &mut impl CryptoRng,
    ) -> Result<(OwnIdentity, (KeyHandle, Attestation))> {
        let own = self.own_identity(identifier)?;
        let now = self.try_now()?;
        own.check_time(now)?;
        #[cfg(feature = "node")]
        self.tell_of_expiry(&own, now);
        if let Some(known) = own.purpose_key(purpose, now) {
            return Ok((own, known));
        }
        let _lock = ChangeLock::take(self, identifier).await;
        // The previous holder of the lock may have created it, or changed the identity.
        let own = self.own_identity(identifier)?;
        let now = self.try_now()?;
        if let Some(known) = own.purpose_key(purpose, now) {
            return Ok((own, known));
        }
        own.check_time(now)?;
        let made = own.make_purpose_key(self.vault(), purpose, Secret::random(rng), now);
        let made = made.await.map_err(|why| failed(why, "making a purpose key"))?;
        let mut with_it = own.clone();
        let replaced = with_it.keep(purpose, made.clone());
        if let Err(error) = self.keep_own(Some(&own), with_it) {
            let _ = self.vault().delete_key(&made.0).await;
            return Err(error);
        }
        if let Some((old, _)) = replaced {
            let deleted = self.vault().delete_key(&old).await;
            deleted.map_err(|why| failed(why, "deleting an old purpose key"))?;
        }
        Ok((own, made))
    }

    /// Adds an identity whose key is in the vault, unless a longer history is known.
    async fn take_over(&self, identity: Identity, key: KeyHandle) -> Result<Identifier> {
        let identifier = *identity.identifier();
        let _lock = ChangeLock::take(self, &identifier).await;
        if let Some(known) = self.find(&identifier) {
            known.accepts(&identity).map_err(invalid)?;
        }
        let before = self.own_identity(&identifier).ok();
        let own = match &before {
            Some(own) if own.identity.compare(&identity) == Comparison::Equal => {
                own.clone().with_key(key)
            }
            _ => OwnIdentity::new(identity, key),
        };
        self.keep_own(before.as_ref(), own)
    }

    /// Replaces the state of an identity of this node, in the store first. The caller holds the
    /// change lock.
    fn keep_own(&self, before: Option<&OwnIdentity>, own: OwnIdentity) -> Result<Identifier> {
        let identifier = *own.identity.identifier();
        self.store_own(before, &own)?;
        self.save_rest();
        // Drop the earlier state outside of the mutex.
        let _replaced = self.memory(|memory| memory.own.insert(identifier, own));
        Ok(identifier)
    }

    pub(super) fn own_identity(&self, identifier: &Identifier) -> Result<OwnIdentity> {
        let own = self.memory(|memory| memory.own.get(identifier).cloned());
        own.ok_or_else(|| unknown(identifier))
    }
}

/// Returns an error for a clock that has not been set, or a key that would be expired already.
fn check_new_key(options: &IdentityOptions, now: u64) -> Result<()> {
    check_clock(now)?;
    if options.valid_until() >= now {
        return Ok(());
    }
    Err(Error::with_text(ErrorKind::InvalidInput, || {
        let ago = now - options.valid_until();
        format!("the options create a key that expired {ago} s ago: set a later end")
    }))
}

fn invalid(why: IdentityError) -> Error {
    Error::with_cause(ErrorKind::InvalidInput, why)
}
