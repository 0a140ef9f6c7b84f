//! The worker at which the messages of a channel arrive: it decrypts them and hands them on.
//!
//! A message that is refused is dropped, and the channel goes on: whoever can reach the address
//! can send anything.

use super::ends::Ends;
use super::peer::SecureChannelPeer;
use super::place::Place;
use crate::channel::{ChannelMessage, Opener};
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use crate::identity::ChangeHistory;
use crate::vault::Secret;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use ockam_core::{Any, LocalInfo, LocalMessage, Result, Route, Routed, TransportMessage, Worker};
use ockam_node::Context;

pub(super) struct Decryptor {
    ends: Arc<Ends>,
    opener: Opener,
    /// The greatest number of a message to a worker.
    newest: u64,
    identities: Identities,
    authorities: Vec<Identifier>,
    /// At the listener that has made the channel, if one did.
    place: Option<Place>,
}

impl Decryptor {
    pub(super) fn new(
        ends: Arc<Ends>,
        key: &Secret<32>,
        identities: Identities,
        authorities: Vec<Identifier>,
    ) -> Self {
        let opener = Opener::new(key);
        Decryptor { ends, opener, newest: 0, identities, authorities, place: None }
    }

    /// Keeps the place at the listener for as long as this lives.
    pub(super) fn with_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Takes what arrived, whatever it is.
    pub(super) async fn handle(&mut self, ctx: &Context, message: LocalMessage) -> Result<()> {
        let TransportMessage { return_route, payload, .. } = message.into_transport_message();
        let mut buffer: Vec<u8> = payload.into();
        let opened = self.opener.open(&mut buffer).and_then(|number| {
            ChannelMessage::from_buffer(buffer).map(|content| (number, content))
        });
        if opened.is_ok() {
            #[cfg(feature = "std")]
            self.ends.turn.give();
            if let Some(place) = &self.place {
                place.hear(&self.ends);
            }
        }
        match opened {
            Ok((number, ChannelMessage::Data(data))) => {
                self.follow(ctx, number, return_route);
                self.deliver(ctx, data).await
            }
            Ok((_, ChannelMessage::Refresh { change_history, credentials })) => {
                self.refresh(&change_history, &credentials);
                Ok(())
            }
            Ok((_, ChannelMessage::Close)) => self.close(ctx).await,
            Err(error) => {
                let peer = &self.ends.peer;
                tracing::debug!(address = %self.ends.decryptor, %peer, %error, "refused");
                Ok(())
            }
        }
    }

    /// Takes the way of a message as the way to the peer, if no newer one came before.
    fn follow(&mut self, ctx: &Context, number: u64, return_route: Route) {
        if number <= self.newest {
            return;
        }
        self.newest = number;
        if !self.ends.follows {
            return;
        }
        let is_new = self.ends.remote.with(|remote| {
            let Some(last) = remote.last() else { return false };
            let is_the_same = remote.len() == return_route.len() + 1
                && remote.iter().zip(&return_route).all(|(known, arrived)| known == arrived);
            if !is_the_same {
                let mut route = return_route;
                route.push_back(last.clone());
                *remote = route;
            }
            !is_the_same
        });
        if is_new {
            self.ends.go_over(ctx, &self.ends.remote());
        }
    }

    /// Hands a message on, as one that came in from outside.
    async fn deliver(&self, ctx: &Context, mut data: TransportMessage) -> Result<()> {
        if data.onward_route.is_empty() {
            return Ok(());
        }
        data.return_route.push_front(self.ends.encryptor.clone());
        let peer = LocalInfo::new(SecureChannelPeer::new(self.ends.peer));
        let message = LocalMessage::new(data, Vec::from([peer]));
        // The primary address is the decryptor's, with the border behind it.
        if let Err(error) = ctx.forward(message).await {
            let peer = &self.ends.peer;
            tracing::warn!(address = %self.ends.decryptor, %peer, %error, "not delivered");
        }
        Ok(())
    }

    /// Learns what the peer shows of itself anew.
    fn refresh(&self, history: &ChangeHistory, credentials: &[CredentialAndPurposeKey]) {
        let peer = &self.ends.peer;
        if history.identifier().as_ref() != Some(peer) {
            tracing::warn!(%peer, "a refresh with the history of somebody else was dropped");
            return;
        }
        if let Err(error) = self.identities.learn(history) {
            tracing::warn!(%peer, %error, "a refresh was dropped");
            return;
        }
        accept(&self.identities, peer, credentials, &self.authorities);
    }

    /// The peer has ended the channel; it is not told so in return.
    async fn close(&self, ctx: &Context) -> Result<()> {
        self.ends.closed_by_peer.store(true, Ordering::Release);
        ctx.stop_worker(ctx.address()).await
    }

    /// Ends the other half of this end.
    pub(super) async fn shut_down(&self, ctx: &Context) {
        if self.ends.begin_end(ctx) {
            ctx.end_flow(&self.ends.decryptor, self.ends.epitaph());
            // It may have ended already.
            let _ = ctx.stop_worker(self.ends.encryptor.clone()).await;
        }
    }
}

/// Looks at the credentials of a peer. Those that are not to be believed are ignored: attributes
/// are a matter of access control.
pub(super) fn accept(
    identities: &Identities,
    peer: &Identifier,
    credentials: &[CredentialAndPurposeKey],
    authorities: &[Identifier],
) {
    for credential in credentials {
        if let Err(error) = identities.accept_credential(peer, credential, authorities) {
            tracing::warn!(%peer, %error, "a credential was ignored");
        }
    }
}

impl Worker for Decryptor {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        self.handle(ctx, msg.into_local_message()).await
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        self.shut_down(ctx).await;
        Ok(())
    }
}
