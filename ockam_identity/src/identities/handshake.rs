//! Meeting others: what a node shows of itself, and what it learns of them.

use super::Identities;
use super::own_identity::Purpose;
use crate::channel::{Features, HandshakeError, IdentityAndCredentials};
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identity::{ChangeHistory, Identity};
use crate::purpose_key::PurposeKey;
use crate::store::Table;
use crate::vault::{AgreementKey, KeyHandle};
use alloc::vec::Vec;
use ockam_core::{Error, ErrorKind, Result};
use rand_core::CryptoRng;

/// What an identity of this node brings along to a handshake.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The handle of the static key, with which the vault has to agree.
    pub key: KeyHandle,
    /// The public half of the static key.
    pub public: AgreementKey,
    /// The payload, which says whose key it is.
    pub shown: IdentityAndCredentials,
}

impl Identities {
    /// Verifies and remembers a history that arrives: one may only learn more.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with an [`IdentityError`](crate::IdentityError).
    pub fn learn(&self, history: &ChangeHistory) -> Result<Identity> {
        let known = history.identifier().and_then(|identifier| self.find(&identifier));
        let learnt = Identity::learn(history, known.as_ref())
            .map_err(|why| Error::with_cause(ErrorKind::InvalidInput, why))?;
        self.remember(&learnt)?;
        Ok(learnt)
    }

    /// Verifies who the other side of a handshake is. Somebody new is not remembered yet: call
    /// [`remember`](Self::remember) once it is trusted.
    ///
    /// # Errors
    /// [`HandshakeError`] says what is wrong.
    pub fn verify_peer(
        &self,
        shown: &IdentityAndCredentials,
        static_key: &AgreementKey,
    ) -> Result<Identity, HandshakeError> {
        self.verify_peer_at(shown, static_key, self.now())
    }

    pub(crate) fn verify_peer_at(
        &self,
        shown: &IdentityAndCredentials,
        static_key: &AgreementKey,
        now: u64,
    ) -> Result<Identity, HandshakeError> {
        shown.verify(static_key, |identifier| self.find(identifier), now)
    }

    /// Remembers the history of another identity, which was verified. What is known meanwhile, for
    /// example because a trust policy took its time, is compared once more.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if more is known of the identity by now, or
    /// something else: then it is not to be believed. That it cannot be stored is no error: it is
    /// remembered all the same, and stored when the store works again.
    pub fn remember(&self, identity: &Identity) -> Result<()> {
        let identifier = identity.identifier();
        let remembered = self.memory(|memory| match memory.own.get(identifier) {
            // What this node is, it knows better than anybody else.
            Some(own) => own.identity.accepts(identity).map(|()| None),
            None => memory.known.remember(identity).map(Some),
        });
        let remembered =
            remembered.map_err(|why| Error::with_cause(ErrorKind::InvalidInput, why))?;
        let Some(remembered) = remembered else { return Ok(()) };
        let table = if remembered.is_pinned { Table::Known } else { Table::Met };
        if remembered.is_news || remembered.was_met {
            self.store_known(table, identity)?;
        }
        if remembered.was_met {
            self.forget_met(identifier)?;
        }
        remembered.forgotten.iter().try_for_each(|forgotten| self.forget_met(forgotten))
    }

    /// Never forgets these identities, whether they are known already or not.
    pub(crate) fn pin(&self, identifiers: &[Identifier]) -> Result<()> {
        for identifier in identifiers {
            if let Some(identity) = self.memory(|memory| memory.known.pin(identifier)) {
                self.store_known(Table::Known, &identity)?;
                self.forget_met(identifier)?;
            }
        }
        Ok(())
    }

    /// Returns what an identity of this node brings along to a handshake. Its static key is made on
    /// first need and kept.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node,
    /// [`Failed`](ErrorKind::Failed) if the vault makes no key, or if the time is not within that of
    /// the identity's key, or before [`EARLIEST_TIME`](crate::EARLIEST_TIME): its attestations would
    /// be void. The error says whether to set the clock or to [`rotate`](Self::rotate) the key.
    ///
    /// # Cancel safety
    /// Dropped before it is done, the static key is there or is made the next time. A key that
    /// nobody uses may stay in the vault.
    pub async fn present(
        &self,
        identifier: &Identifier,
        credentials: Vec<CredentialAndPurposeKey>,
        rng: &mut impl CryptoRng,
    ) -> Result<Presented> {
        let (own, (key, purpose_key_attestation)) =
            self.purpose_key(identifier, Purpose::SecureChannel, rng).await?;
        let data = purpose_key_attestation.data();
        let Ok(PurposeKey::SecureChannel(public)) = data.map(|data| data.public_key) else {
            return Err(Error::with_text(
                ErrorKind::Failed,
                || "a channel key with another's attestation",
            ));
        };
        let change_history = own.identity.history().clone();
        let features = Features::NONE;
        let shown = IdentityAndCredentials {
            change_history,
            purpose_key_attestation,
            credentials,
            features,
        };
        Ok(Presented { key, public, shown })
    }
}
