//! A channel from the side that begins: the handshake, in the task of whoever wants the channel.

use super::decryptor::Decryptor;
use super::ends::{Ends, NewEnds, SecureChannel, consume_answers, request_stop};
use super::learning::Learning;
use super::options::SecureChannelOptions;
use super::rng::NodeRng;
use super::trust_policy::is_allowed;
use crate::channel::{Answered, HandshakeError, IdentityAndCredentials, Initiator, Protocol};
use crate::codec::Structure;
use crate::identifier::Identifier;
use crate::identities::{Identities, failed};
use crate::identity::Identity;
use crate::vault::AgreementSecret;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;
use ockam_core::{
    Address, Any, Error, ErrorKind, Mailbox, NeutralMessage, Result, Route, TransportMessage,
};
use ockam_node::{Context, Handle, MessageReceiveOptions};

/// How long a handshake may take unless the options say otherwise, as in Ockam 0.150.
pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(120);

/// A message 2 that was accepted.
struct Accepted {
    answered: Answered,
    peer: Identifier,
    learning: Learning,
    /// The way to the responder.
    remote: Route,
}

impl Identities {
    /// Makes a secure channel to the listener at the end of a route, in the name of an identity of
    /// this node, and returns when the other side has proved who it is.
    ///
    /// A hop of the route may belong to a transport, which connects first.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node, or nothing is at
    /// the first hop; [`Denied`](ErrorKind::Denied) if the other side is not trusted;
    /// [`TimedOut`](ErrorKind::TimedOut) if nobody has answered who can: a peer that does not trust
    /// this side says nothing.
    ///
    /// # Cancel safety
    /// Dropped before it is done, there is no channel, and nothing is left on this node.
    pub async fn create_secure_channel(
        &self,
        handle: &Handle,
        own: &Identifier,
        route: impl Into<Route>,
        options: SecureChannelOptions,
    ) -> Result<SecureChannel> {
        let route = handle.resolve(route).await?;
        let address = handle.random_local();
        // What the handshake needs of this node, before anybody is asked anything.
        let rng = &mut NodeRng::new(handle);
        self.present(own, Vec::new(), rng).await?;
        if let Some(renewal) = &options.terms.renewal {
            renewal.obtain(self, handle, own).await?;
        }
        let accepted = self.begin(handle, &address, &route, &options).await?;
        self.finish(handle, own, address, accepted, options).await
    }

    /// Sends message 1 and waits for a message 2 that is accepted. Until then the address belongs
    /// to this future.
    async fn begin(
        &self,
        handle: &Handle,
        address: &Address,
        route: &Route,
        options: &SecureChannelOptions,
    ) -> Result<Accepted> {
        let mut ctx =
            handle.new_detached_with_mailboxes(Mailbox::allow_all(address.clone())).await?;
        consume_answers(handle, route, address);
        let ephemeral = AgreementSecret::random(&mut NodeRng::new(handle));
        let (initiator, first) = Initiator::new(Protocol::OCKAM, ephemeral);
        ctx.send(route.clone(), NeutralMessage::from(first)).await?;
        let accepted = self.await_answer(&mut ctx, &initiator, options);
        let accepted = handle.within(options.timeout, accepted).await;
        accepted.unwrap_or_else(|| Err(late(route, options.timeout)))
    }

    async fn await_answer(
        &self,
        ctx: &mut Context,
        initiator: &Initiator,
        options: &SecureChannelOptions,
    ) -> Result<Accepted> {
        let wait = MessageReceiveOptions::new().without_timeout();
        loop {
            let message = ctx.receive_extended::<Any>(wait.clone()).await?.into_local_message();
            let TransportMessage { return_route: remote, payload, .. } =
                message.into_transport_message();
            match self.read_answer(initiator, &payload) {
                Ok((answered, peer, shown)) => {
                    let identifier = *peer.identifier();
                    if !is_allowed(options.terms.trust_policy.is_trusted(&identifier)).await? {
                        return Err(refused(&identifier));
                    }
                    self.remember(&peer)?;
                    let authorities = options.terms.authorities.clone();
                    let mut learning = Learning::new(self.clone(), authorities);
                    learning.accept(&identifier, &shown.credentials);
                    return Ok(Accepted { answered, peer: identifier, learning, remote });
                }
                // Anybody can send anything to an address: only who answers as it should counts.
                Err(error) => tracing::debug!(address = %ctx.address(), %error, "refused"),
            }
        }
    }

    fn read_answer(
        &self,
        initiator: &Initiator,
        message: &[u8],
    ) -> Result<(Answered, Identity, IdentityAndCredentials), HandshakeError> {
        let (answered, shown) = initiator.read(message)?;
        let shown = IdentityAndCredentials::decode(&shown).map_err(HandshakeError::Payload)?;
        let peer = self.verify_peer(&shown, answered.peer_static())?;
        Ok((answered, peer, shown))
    }

    /// Makes message 3 and starts this end; the encryptor sends it before anything else.
    async fn finish(
        &self,
        handle: &Handle,
        own: &Identifier,
        address: Address,
        accepted: Accepted,
        options: SecureChannelOptions,
    ) -> Result<SecureChannel> {
        let Accepted { answered, peer, learning, remote } = accepted;
        let shown = options.terms.credential(self, own);
        let credentials = shown.clone().into_iter().collect();
        let presented = self.present(own, credentials, &mut NodeRng::new(handle)).await?;
        let agreed = self.vault().agree(&presented.key, answered.peer_ephemeral()).await;
        let agreed = agreed.map_err(|why| failed(why, "agreeing with the peer"))?;
        let finished = answered.finish(&presented.public, &agreed, &presented.shown.encode());
        let (third, keys) = finished.map_err(|why| failed(why, "making message 3"))?;
        let third = TransportMessage::new(remote.clone(), address.clone(), third);
        let ends = Ends::new(
            handle,
            NewEnds {
                own: *own,
                peer,
                decryptor: address,
                flow: options.flow,
                remote: remote.clone(),
                follows: false,
                refreshes: options.terms.renewal.is_some(),
            },
        );
        let decryptor = Decryptor::new(Arc::clone(&ends), &keys.receiving, learning);
        ends.start_decryptor(handle, decryptor).await?;
        let unfinished = Unfinished { handle, address: &ends.decryptor };
        consume_answers(handle, &remote, &ends.decryptor);
        ends.start_encryptor(handle, &keys.sending, Some(third.into())).await?;
        if let Some(renewal) = &options.terms.renewal {
            renewal.start(handle, &ends, self, shown).await?;
        }
        unfinished.finished();
        Ok(SecureChannel::new(ends))
    }
}

/// A decryptor without an encryptor, which is stopped if it stays alone.
struct Unfinished<'a> {
    handle: &'a Handle,
    address: &'a Address,
}

impl Unfinished<'_> {
    fn finished(self) {
        mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        request_stop(self.handle, self.address);
    }
}

fn refused(peer: &Identifier) -> Error {
    Error::with_text(ErrorKind::Denied, || {
        format!("{peer} has answered, which the trust policy of this channel refuses")
    })
}

fn late(route: &Route, limit: Duration) -> Error {
    Error::with_text(ErrorKind::TimedOut, || {
        format!(
            "no secure channel over {route} within {limit:?}: there is no listener, or it does \
             not trust this identity"
        )
    })
}
