//! A handshake from the side that answers, in the worker that becomes the decryptor.
//!
//! ```text
//! New ── message 1 ──> Waiting ── message 3 of an identity that is trusted ──> Up
//!  └── anything else: ends   └── genuine, but nothing of the kind: ends. Not authentic: dropped
//! ```
//!
//! An initiator that understands it hears what was decided, in message 0 of the channel. The keys that
//! seal it are used up by that: whatever goes on behind has the same sealer.

use super::confirmation::confirmed;
use super::decryptor::Decryptor;
use super::ends::{Ends, NewEnds, Unfinished, going_away};
use super::half_open::Ticket;
use super::learning::Learning;
use super::listener::Listening;
#[cfg(feature = "std")]
use super::meeting::introduce;
use super::meeting::{Meeting, meet, present};
use super::rng::NodeRng;
use super::way::consume_answers;
use crate::channel::{ChannelKeys, ChannelMessage, Features, Greeted, Protocol, Sealer, Waiting};
use crate::codec::Structure;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::failed;
use crate::program::{self, Described, Shown};
use crate::telling::next_told;
use crate::vault::{AgreementKey, AgreementSecret};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::sync::atomic::Ordering;
use ockam_core::{
    Address, Any, Error, ErrorKind, LocalMessage, Result, Route, Routed, TransportMessage, Worker,
};
use ockam_node::Context;

/// Said of every initiator that the trust policy refuses.
const NOT_TRUSTED: &str =
    "an initiator was refused: it is not trusted by the policy of this listener";

pub(super) struct Responder {
    state: State,
    listening: Arc<Listening>,
    ticket: Ticket,
    /// The address from which message 2 is sent: what leaves the other one passes the border.
    outgoing: Address,
}

enum State {
    New,
    Waiting(Box<Answered>),
    Up(Box<Decryptor>),
    Over,
}

/// A message 1 that was answered.
struct Answered {
    waiting: Waiting,
    /// What both sides do beyond Ockam 0.150.
    features: Features,
    /// The way to the initiator.
    remote: Route,
    /// What the initiator was shown.
    shown: Option<CredentialAndPurposeKey>,
}

impl Responder {
    pub(super) fn new(listening: Arc<Listening>, ticket: Ticket, outgoing: Address) -> Self {
        Responder { state: State::New, listening, ticket, outgoing }
    }

    /// Takes message 1 and sends message 2.
    async fn answer(&mut self, ctx: &Context, message: TransportMessage) -> Result<State> {
        let greeted = Greeted::read(Protocol::OCKAM, &message.payload)
            .map_err(|why| failed(why, "reading message 1"))?;
        let (identities, rng) = (&self.listening.identities, &mut NodeRng::new(ctx));
        let shown = self.listening.terms.credential(identities, &self.listening.own)?;
        let credentials = shown.clone().into_iter().collect();
        let presented = present(identities, &self.listening.own, credentials, ctx).await;
        let mut presented = presented.inspect_err(|error| self.tell(ctx, error))?;
        let features = greeted.offered() & self.listening.features;
        presented.shown.features = features;
        let agreed = identities.vault().agree(&presented.key, greeted.peer_ephemeral()).await;
        let agreed = agreed.map_err(|why| failed(why, "agreeing with the peer"))?;
        let ephemeral = AgreementSecret::random(rng);
        let (waiting, second) = greeted
            .answer(ephemeral, &presented.public, &agreed, &presented.shown.encode())
            .map_err(|why| failed(why, "making message 2"))?;
        let remote = message.return_route;
        self.open_the_way(ctx, &remote);
        let answer = TransportMessage::new(remote.clone(), ctx.address(), second);
        ctx.forward_from_address(answer.into(), self.outgoing.clone()).await?;
        Ok(State::Waiting(Box::new(Answered { waiting, features, remote, shown })))
    }

    /// Says in the log why nobody gets a channel with this listener, once for all of them.
    #[cold]
    fn tell(&self, ctx: &Context, error: &Error) {
        self.tell_once(ctx, error, "a listener cannot present its identity");
    }

    /// Says in the log that code of the program has panicked, and a handshake has ended of that.
    #[cold]
    fn tell_of_panic(&self, ctx: &Context, error: &Error) {
        self.tell_once(ctx, error, "code of the program panicked, which ends a handshake");
    }

    /// Tells the log until a channel comes up. How often that begins anew may be up to peers, so it
    /// is the first time, the tenth, the hundredth.
    fn tell_once(&self, ctx: &Context, error: &Error, text: &str) {
        if self.listening.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let (address, own, error) = (ctx.address(), &self.listening.own, Shown(error));
        match next_told(&self.listening.troubles) {
            Some(count) => tracing::error!(%address, %own, count, %error, "{text}"),
            None => tracing::debug!(%address, %own, %error, "{text}"),
        }
    }

    /// Lets in what comes over the connection of message 1, or over another one of the same
    /// listener if the peer's path changes.
    fn open_the_way(&self, ctx: &Context, remote: &Route) {
        consume_answers(ctx, remote, ctx.primary_address());
        for id in &self.listening.consumer_of {
            ctx.flow_controls().add_consumer(ctx.address(), id);
        }
    }

    /// Takes what may be message 3.
    async fn finish(
        &mut self,
        ctx: &Context,
        answered: Box<Answered>,
        message: TransportMessage,
    ) -> Result<State> {
        let (keys, static_key, shown) = match answered.waiting.read(&message.payload) {
            Ok(genuine) => genuine,
            Err(error) => {
                tracing::debug!(address = %ctx.address(), %error, "refused");
                return Ok(State::Waiting(answered));
            }
        };
        // By whoever has sent message 1, so that no better message 3 can follow.
        match self.accept(ctx, &shown, &static_key).await {
            Ok(Some(peer)) => self.start(ctx, keys, peer, *answered).await,
            refused => {
                self.refuse(ctx, &keys, *answered, &ChannelMessage::Close).await;
                refused.map(|_| State::Over)
            }
        }
    }

    /// Decides about what the initiator shows; `None` if it is not trusted.
    async fn accept(
        &self,
        ctx: &Context,
        shown: &[u8],
        static_key: &AgreementKey,
    ) -> Result<Option<(Identifier, Learning)>> {
        let Listening { identities, terms, .. } = &*self.listening;
        let (peer, credentials) =
            match meet(identities, &*terms.trust_policy, shown, static_key).await? {
                Meeting::Trusted(peer, credentials, _) => (peer, credentials),
                Meeting::Refused(peer) => {
                    self.tell_of_refusal(ctx, &peer);
                    return Ok(None);
                }
                Meeting::Unproved(why) => return Err(failed(why, "reading message 3")),
            };
        identities.remember(&peer)?;
        let identifier = *peer.identifier();
        let mut learning = Learning::new(identities.clone(), terms.authorities.clone());
        learning.accept(&identifier, &credentials);
        Ok(Some((identifier, learning)))
    }

    /// Says in the log who was refused, and by what: the peer itself is not told why.
    #[cold]
    fn tell_of_refusal(&self, ctx: &Context, peer: &Identifier) {
        let (address, own) = (ctx.address(), &self.listening.own);
        match next_told(&self.listening.refused) {
            Some(count) => {
                let policy = Described(&*self.listening.terms.trust_policy);
                tracing::warn!(%address, %own, %peer, count, %policy, "{NOT_TRUSTED}");
            }
            None => tracing::debug!(%address, %own, %peer, "{NOT_TRUSTED}"),
        }
    }

    /// Tells an initiator that was promised a word that there is no channel: with a close, in the first
    /// message of the channel that it would have been.
    async fn refuse(
        &self,
        ctx: &Context,
        keys: &ChannelKeys,
        answered: Answered,
        close: &ChannelMessage,
    ) {
        if !answered.features.contains(Features::CONFIRMS) {
            return;
        }
        let (_, refusal) = first_message(keys, close);
        let Some(refusal) = refusal else { return };
        let refusal = TransportMessage::new(answered.remote, Route::new(), refusal);
        if let Err(error) = ctx.forward_from_address(refusal.into(), self.outgoing.clone()).await {
            tracing::debug!(address = %ctx.address(), %error, "a refusal was not sent");
        }
    }

    /// Starts what is at this end beside this worker.
    async fn start(
        &self,
        ctx: &Context,
        keys: ChannelKeys,
        (peer, learning): (Identifier, Learning),
        answered: Answered,
    ) -> Result<State> {
        let Listening { identities, terms, .. } = &*self.listening;
        let ends = Ends::new(
            ctx,
            NewEnds {
                own: self.listening.own,
                peer,
                features: answered.features,
                decryptor: ctx.address(),
                flow: ctx.flow_controls().generate_flow_control_id(),
                remote: answered.remote.clone(),
                follows: true,
                refreshes: terms.renewal.is_some(),
                made_again: None,
            },
        );
        ends.register(ctx, Some(&self.listening.flow));
        #[cfg(feature = "std")]
        introduce(ctx, &*terms.trust_policy, &ends);
        let (sealer, confirmation) = if answered.features.contains(Features::CONFIRMS) {
            first_message(&keys, &confirmed())
        } else {
            (Sealer::new(&keys.sending), None)
        };
        let confirmation = confirmation.map(|sealed| {
            let remote = answered.remote.clone();
            LocalMessage::from(TransportMessage::new(remote, Route::new(), sealed))
        });
        if let Err(error) = ends.start_encryptor(ctx, sealer, confirmation).await {
            ends.begin_end(ctx);
            // Two messages with one number would give the key away.
            if !ends.has_greeted() {
                let close = going_away(answered.features);
                self.refuse(ctx, &keys, answered, &close).await;
            }
            return Err(error);
        }
        let unfinished = Unfinished::new(ctx, &ends.encryptor);
        if let Some(renewal) = &terms.renewal {
            renewal.start(ctx, &ends, identities, answered.shown).await?;
        }
        unfinished.finished();
        let (place, replaced, displaced) = self.listening.places.take(&ends);
        if let Some(replaced) = replaced {
            replaced.replace(ctx);
        }
        if let Some(displaced) = displaced {
            displaced.displace(ctx, next_told(&self.listening.displaced));
        }
        self.listening.told.store(false, Ordering::Relaxed);
        self.listening.half_open.end(self.ticket);
        let decryptor = Decryptor::new(ends, &keys.receiving, learning);
        Ok(State::Up(Box::new(decryptor.with_place(place))))
    }

    /// Takes a message of the handshake.
    async fn step(&mut self, ctx: &Context, message: LocalMessage) -> Result<()> {
        let message = message.into_transport_message();
        let next = match mem::replace(&mut self.state, State::Over) {
            State::New => self.answer(ctx, message).await,
            State::Waiting(answered) => self.finish(ctx, answered, message).await,
            State::Up(_) | State::Over => Ok(State::Over),
        };
        match next {
            Ok(next) => self.state = next,
            Err(error) => {
                if error.kind() == ErrorKind::Panicked {
                    self.tell_of_panic(ctx, &error);
                }
                let shown = Shown(&error);
                tracing::debug!(address = %ctx.address(), error = %shown, "a handshake has failed");
                program::discard(error);
            }
        }
        match self.state {
            State::Over => ctx.stop_worker(ctx.address()).await,
            _ => Ok(()),
        }
    }
}

/// Seals a content as message 0 of a channel. The sealer goes on behind it.
fn first_message(keys: &ChannelKeys, content: &ChannelMessage) -> (Sealer, Option<Vec<u8>>) {
    let (mut sealer, mut buffer) = (Sealer::new(&keys.sending), content.to_buffer());
    let sealed = sealer.seal(&mut buffer).is_ok();
    (sealer, sealed.then_some(buffer))
}

impl Worker for Responder {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let message = msg.into_local_message();
        match &mut self.state {
            State::Up(decryptor) => decryptor.handle(ctx, message).await,
            _ => self.step(ctx, message).await,
        }
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        self.listening.half_open.end(self.ticket);
        if let State::Up(decryptor) = &mut self.state {
            decryptor.shut_down(ctx).await;
        }
        Ok(())
    }
}
