//! The answers to a message 1 of this side: which one is to be believed.

use super::learning::Learning;
use super::meeting::{Meeting, meet};
use super::options::Terms;
use crate::channel::{Answered, Features, Initiator};
use crate::identifier::Identifier;
use crate::identities::{Identities, failed};
use alloc::format;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Result, Route, TransportMessage};

/// How many messages 2 of a handshake may be genuine and yet not be believed. Whoever sees message 1
/// can answer it, and to verify what an answer shows takes time.
pub const MAX_ANSWERS: usize = 8;

/// A message 2 that was accepted.
pub(super) struct Accepted {
    pub(super) answered: Answered,
    pub(super) peer: Identifier,
    pub(super) features: Features,
    pub(super) learning: Learning,
    /// The way to the responder.
    pub(super) remote: Route,
}

/// The answers to one message 1.
pub(super) struct Considering<'a> {
    identities: &'a Identities,
    terms: &'a Terms,
    initiator: &'a Initiator,
    /// How many were genuine and not believed.
    unproved: usize,
}

impl<'a> Considering<'a> {
    pub(super) fn new(
        identities: &'a Identities,
        terms: &'a Terms,
        initiator: &'a Initiator,
    ) -> Self {
        Considering { identities, terms, initiator, unproved: 0 }
    }

    /// Looks at a message that has come to `address`. `None` says that it counts for nothing.
    ///
    /// # Errors
    /// Why there will be no channel.
    pub(super) async fn consider(
        &mut self,
        address: &Address,
        message: LocalMessage,
    ) -> Result<Option<Accepted>> {
        let TransportMessage { return_route: remote, payload, .. } =
            message.into_transport_message();
        let (answered, shown) = match self.initiator.read(&payload) {
            Ok(genuine) => genuine,
            // Anybody can send anything to an address: only who answers as it should counts.
            Err(error) => {
                tracing::debug!(%address, %error, "refused");
                return Ok(None);
            }
        };
        let (identities, terms) = (self.identities, self.terms);
        match meet(identities, &*terms.trust_policy, &shown, answered.peer_static()).await? {
            Meeting::Trusted(peer, credentials, features) => {
                identities.remember(&peer)?;
                let peer = *peer.identifier();
                let mut learning = Learning::new(identities.clone(), terms.authorities.clone());
                learning.accept(&peer, &credentials);
                let features = features & Features::KNOWN;
                Ok(Some(Accepted { answered, peer, features, learning, remote }))
            }
            Meeting::Refused(peer) => Err(refused(&peer)),
            Meeting::Unproved(error) => {
                tracing::debug!(%address, %error, "refused");
                self.unproved += 1;
                if self.unproved == MAX_ANSWERS {
                    return Err(failed(error, "believing who has answered"));
                }
                Ok(None)
            }
        }
    }
}

fn refused(peer: &Identifier) -> Error {
    Error::with_text(ErrorKind::Denied, || {
        format!("{peer} has answered, which the trust policy of this channel refuses")
    })
}
