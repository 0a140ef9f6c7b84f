//! The part of a handshake that concerns identities: presenting an identity, and learning a peer's.

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

/// The handshake data of an identity of this node.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The handle of the static key, for the agreement by the vault.
    pub key: KeyHandle,
    /// The public half of the static key.
    pub public: AgreementKey,
    /// The payload with the identity that attests the key.
    pub shown: IdentityAndCredentials,
}

impl Identities {
    /// Verifies and remembers a received history. It may only extend the known one.
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

    /// Verifies the identity of the other side of a handshake. An unknown identity is not remembered
    /// yet: call [`remember`](Self::remember) once it is trusted.
    ///
    /// # Errors
    /// [`HandshakeError`] if the payload is not valid.
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

    /// Remembers the verified history of another identity. It is compared with the known one again,
    /// which may have changed since, for example during the decision of a trust policy.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the known history is longer by now, or
    /// different: do not trust the identity then. A failure of the store is not an error: the
    /// history is kept in memory and stored when the store works again.
    pub fn remember(&self, identity: &Identity) -> Result<()> {
        let identifier = identity.identifier();
        let remembered = self.memory(|memory| match memory.own.get(identifier) {
            // The history of an identity of this node is never learnt from peers.
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

    /// Pins identities, known or not, so that they are never forgotten.
    pub(crate) fn pin(&self, identifiers: &[Identifier]) -> Result<()> {
        for identifier in identifiers {
            if let Some(identity) = self.memory(|memory| memory.known.pin(identifier)) {
                self.store_known(Table::Known, &identity)?;
                self.forget_met(identifier)?;
            }
        }
        Ok(())
    }

    /// Returns the handshake data of an identity of this node. Its static key is created on first
    /// use and kept.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node,
    /// [`Failed`](ErrorKind::Failed) if the vault creates no key, or if the time is outside of that
    /// of the identity's key, or before [`EARLIEST_TIME`](crate::EARLIEST_TIME): its attestations
    /// would be void. The error says whether to set the clock or to [`rotate`](Self::rotate) the
    /// key.
    ///
    /// # Cancel safety
    /// If the future is dropped, the static key may be created by the next call. An unused key may
    /// stay in the vault.
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
                || "a channel key with the attestation of another key",
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
