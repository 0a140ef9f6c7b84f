//! A handshake from the side that answers, in the worker that becomes the decryptor.
//!
//! ```text
//! New ── message 1 ──> Waiting ── message 3 of an identity that is trusted ──> Up
//!  └── anything else: ends   └── genuine, but nothing of the kind: ends. Not authentic: dropped
//! ```

use super::decryptor::Decryptor;
use super::ends::{Ends, NewEnds, Unfinished, consume_answers};
use super::half_open::Ticket;
use super::learning::Learning;
use super::listener::Listening;
#[cfg(feature = "std")]
use super::meeting::introduce;
use super::meeting::{Meeting, meet};
use super::rng::NodeRng;
use crate::channel::{ChannelKeys, Greeted, Protocol, Waiting};
use crate::codec::Structure;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::failed;
use crate::program::{self, Shown};
use crate::telling::next_told;
use crate::vault::AgreementSecret;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::mem;
use core::sync::atomic::Ordering;
use ockam_core::{
    Address, Any, Error, ErrorKind, LocalMessage, Result, Route, Routed, TransportMessage, Worker,
};
use ockam_node::Context;

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
        let presented = identities.present(&self.listening.own, credentials, rng).await;
        let presented = presented.inspect_err(|error| self.tell(ctx, error))?;
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
        Ok(State::Waiting(Box::new(Answered { waiting, remote, shown })))
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
        let Listening { identities, terms, .. } = &*self.listening;
        let (peer, credentials) =
            match meet(identities, &*terms.trust_policy, &shown, &static_key).await? {
                Meeting::Trusted(peer, credentials) => (peer, credentials),
                Meeting::Refused(peer) => {
                    let count = next_told(&self.listening.refused);
                    let address = ctx.address();
                    match count {
                        Some(count) => tracing::info!(%address, %peer, count, "not trusted"),
                        None => tracing::debug!(%address, %peer, "not trusted"),
                    }
                    return Ok(State::Over);
                }
                Meeting::Unproved(why) => return Err(failed(why, "reading message 3")),
            };
        identities.remember(&peer)?;
        let identifier = *peer.identifier();
        let mut learning = Learning::new(identities.clone(), terms.authorities.clone());
        learning.accept(&identifier, &credentials);
        self.listening.half_open.end(self.ticket);
        self.start(ctx, &keys, (identifier, learning), *answered).await
    }

    /// Starts what is at this end beside this worker.
    async fn start(
        &self,
        ctx: &Context,
        keys: &ChannelKeys,
        (peer, learning): (Identifier, Learning),
        answered: Answered,
    ) -> Result<State> {
        let Listening { identities, terms, .. } = &*self.listening;
        let ends = Ends::new(
            ctx,
            NewEnds {
                own: self.listening.own,
                peer,
                decryptor: ctx.address(),
                flow: ctx.flow_controls().generate_flow_control_id(),
                remote: answered.remote,
                follows: true,
                refreshes: terms.renewal.is_some(),
            },
        );
        ends.register(ctx, Some(&self.listening.flow));
        #[cfg(feature = "std")]
        introduce(ctx, &*terms.trust_policy, &ends);
        ends.start_encryptor(ctx, &keys.sending, None).await?;
        let unfinished = Unfinished::new(ctx, &ends.encryptor);
        if let Some(renewal) = &terms.renewal {
            renewal.start(ctx, &ends, identities, answered.shown).await?;
        }
        unfinished.finished();
        let (place, displaced) = self.listening.places.take(&ends);
        if let Some(displaced) = displaced {
            displaced.displace(ctx, next_told(&self.listening.displaced));
        }
        self.listening.told.store(false, Ordering::Relaxed);
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
