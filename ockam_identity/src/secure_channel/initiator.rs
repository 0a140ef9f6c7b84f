//! A channel from the side that begins: the handshake, in the task of whoever wants the channel.

use super::confirmation::{Verdict, confirmation};
use super::decryptor::Decryptor;
use super::ends::{Ends, NewEnds, SecureChannel, Unfinished, consume_answers};
use super::learning::Learning;
#[cfg(feature = "std")]
use super::meeting::introduce;
use super::meeting::{Meeting, meet, present};
use super::options::{SecureChannelOptions, Terms};
#[cfg(feature = "std")]
use super::reconnector::Reconnector;
use super::rng::NodeRng;
use crate::channel::{Answered, ChannelKeys, Features, Initiator, Protocol, Sealer};
use crate::codec::Structure;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::{Identities, failed};
use crate::sync::Lock;
use crate::vault::AgreementSecret;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, pending};
use core::pin::Pin;
use core::time::Duration;
use ockam_core::{
    Address, Any, Error, ErrorKind, LocalMessage, Mailbox, NeutralMessage, Result, Route,
    TransportMessage,
};
#[cfg(feature = "std")]
use ockam_node::Instant;
use ockam_node::{ConnectionLost, Context, Handle, MessageReceiveOptions, first};

/// How long a handshake may take unless the options say otherwise, as in Ockam 0.150.
pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(120);

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

/// The steps of a handshake.
type Making<'a> = Pin<Box<dyn Future<Output = Result<Arc<Ends>>> + Send + 'a>>;

/// Who has answered, and was sent message 3.
#[derive(Default)]
struct Greeted(Lock<Option<Identifier>>);

impl Greeted {
    fn by(&self, peer: Identifier) {
        self.0.with(|greeted| *greeted = Some(peer));
    }
}

/// The answers to one message 1.
pub(super) struct Considering<'a> {
    identities: &'a Identities,
    terms: &'a Terms,
    initiator: &'a Initiator,
    /// How many were genuine and not believed.
    unproved: usize,
}

/// The loss of the connection at which a route begins, if there is one and it is watched.
pub(super) struct Lost(Option<ConnectionLost>);

impl Identities {
    /// Makes a secure channel to the listener at the end of a route, in the name of an identity of
    /// this node, and returns when the other side has proved who it is, and has said that it takes
    /// this side.
    ///
    /// A peer of Ockam 0.150, and a listener
    /// [without refusals](crate::SecureChannelListenerOptions::without_refusals), does not say so. With
    /// such a peer this returns as soon as the last message of the handshake was sent: if the peer
    /// does not trust this side the channel leads nowhere, and asks through it time out.
    /// [`SecureChannel::is_confirmed`] tells which of both it is.
    ///
    /// A hop of the route may belong to a transport, which connects first.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node, or nothing is at
    /// the first hop; [`Denied`](ErrorKind::Denied) if the other side is not trusted, or has refused
    /// this side, for a reason that its log has;
    /// [`Stopped`](ErrorKind::Stopped) if the connection of the first hop was lost meanwhile;
    /// [`Failed`](ErrorKind::Failed) after [`MAX_ANSWERS`] answers that are not to be believed, or if
    /// the key of this side's identity has run out, or the clock is wrong;
    /// [`TimedOut`](ErrorKind::TimedOut) if nobody has answered who can, or who has answered says
    /// nothing of this side, within the time of the options;
    /// [`Panicked`](ErrorKind::Panicked), with the text, if the trust policy, the vault, the clock or
    /// the store of this side does.
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
        let asked = route.into();
        let route = handle.resolve(asked.clone()).await?;
        options.terms.pin(self)?;
        // What the handshake needs of this node, before anybody is asked anything.
        present(self, own, Vec::new(), handle).await?;
        if let Some(renewal) = &options.terms.renewal {
            renewal.obtain(self, handle, own).await?;
        }
        // Watched from before message 1 is sent, so that no loss is missed.
        let mut lost = Lost::of(handle, &route)?;
        #[cfg(feature = "std")]
        let begun = Instant::now();
        let (limit, greeted) = (options.timeout, Greeted::default());
        let made = {
            // In a box: each future around it would hold it twice, and have its code.
            let made: Making<'_> =
                Box::pin(self.make(handle, own, &route, (asked, &options), &greeted));
            handle.within(limit, unless_lost(made, &mut lost, &route)).await
        };
        let ends = made.unwrap_or_else(|| Err(late(&route, limit, &greeted)))?;
        #[cfg(feature = "std")]
        ends.keep_asked(route);
        #[cfg(feature = "std")]
        self.keep(handle, &ends, (lost, begun.elapsed()), options).await?;
        Ok(SecureChannel::new(ends))
    }

    /// Makes the channel again whenever its path is lost, if the options say so.
    #[cfg(feature = "std")]
    async fn keep(
        &self,
        handle: &Handle,
        ends: &Arc<Ends>,
        (lost, took): (Lost, Duration),
        options: SecureChannelOptions,
    ) -> Result<()> {
        let SecureChannelOptions { terms, timeout, reconnect, heartbeat, .. } = options;
        let (Some(healing), Some(address), Some(reconnect)) =
            (ends.healing.clone(), ends.reconnector.clone(), reconnect)
        else {
            return Ok(());
        };
        let (features, ends, identities) = (ends.features, Arc::clone(ends), self.clone());
        let mut reconnector = Reconnector {
            ends,
            healing,
            identities,
            terms,
            reconnect,
            timeout,
            lost,
            was_connection: false,
            heartbeat,
            pulse: None,
        };
        reconnector.begin_pulse(took, features);
        reconnector.start(handle, address).await
    }

    async fn make(
        &self,
        handle: &Handle,
        own: &Identifier,
        route: &Route,
        (asked, options): (Route, &SecureChannelOptions),
        greeted: &Greeted,
    ) -> Result<Arc<Ends>> {
        let address = handle.random_local();
        let accepted = self.begin(handle, &address, route, options).await?;
        self.finish(handle, own, address, accepted, (asked, options), greeted).await
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
        let (initiator, first) = greeting(handle);
        ctx.send(route.clone(), NeutralMessage::from(first)).await?;
        self.await_answer(&mut ctx, &initiator, options).await
    }

    async fn await_answer(
        &self,
        ctx: &mut Context,
        initiator: &Initiator,
        options: &SecureChannelOptions,
    ) -> Result<Accepted> {
        let wait = MessageReceiveOptions::new().without_timeout();
        let mut considering = Considering::new(self, &options.terms, initiator);
        loop {
            let message = ctx.receive_extended::<Any>(wait.clone()).await?.into_local_message();
            if let Some(accepted) = considering.consider(ctx.primary_address(), message).await? {
                return Ok(accepted);
            }
        }
    }

    /// Makes message 3, in which an identity shows a credential.
    pub(super) async fn third(
        &self,
        handle: &Handle,
        own: &Identifier,
        answered: Answered,
        shown: Option<CredentialAndPurposeKey>,
    ) -> Result<(Vec<u8>, ChannelKeys)> {
        let credentials = shown.into_iter().collect();
        let presented = present(self, own, credentials, handle).await?;
        let agreed = self.vault().agree(&presented.key, answered.peer_ephemeral()).await;
        let agreed = agreed.map_err(|why| failed(why, "agreeing with the peer"))?;
        let finished = answered.finish(&presented.public, &agreed, &presented.shown.encode());
        finished.map_err(|why| failed(why, "making message 3"))
    }

    /// Makes message 3 and starts this end; the encryptor sends it before anything else. Then waits for
    /// the responder's decision, if it has promised to say it.
    async fn finish(
        &self,
        handle: &Handle,
        own: &Identifier,
        address: Address,
        accepted: Accepted,
        (asked, options): (Route, &SecureChannelOptions),
        greeted: &Greeted,
    ) -> Result<Arc<Ends>> {
        let Accepted { answered, peer, features, learning, remote } = accepted;
        let shown = options.terms.credential(self, own)?;
        let (third, keys) = self.third(handle, own, answered, shown.clone()).await?;
        let third = TransportMessage::new(remote.clone(), address.clone(), third);
        let ends = Ends::new(
            handle,
            NewEnds {
                own: *own,
                peer,
                features,
                decryptor: address,
                flow: options.flow.clone(),
                remote: remote.clone(),
                follows: false,
                refreshes: options.terms.renewal.is_some(),
                made_again: options.made_again().then_some(asked),
            },
        );
        let mut decryptor = Decryptor::new(Arc::clone(&ends), &keys.receiving, learning);
        let decision = features.contains(Features::CONFIRMS).then(|| {
            let (confirming, confirmation) = confirmation();
            decryptor.confirm(confirming);
            confirmation
        });
        ends.start_decryptor(handle, decryptor).await?;
        #[cfg(feature = "std")]
        introduce(handle, &*options.terms.trust_policy, &ends);
        let unfinished = Unfinished::new(handle, &ends.decryptor);
        consume_answers(handle, &remote, &ends.decryptor);
        let sealer = Sealer::new(&keys.sending);
        let started = ends.start_encryptor(handle, sealer, Some(third.into())).await;
        match decision {
            // A refusal may be there, and end this end, before its start is over.
            Some(decision) if started.is_ok() || decision.is_refusal() => {
                greeted.by(peer);
                confirmed(decision.wait().await, &ends)?;
            }
            _ => started?,
        }
        if let Some(renewal) = &options.terms.renewal {
            renewal.start(handle, &ends, self, shown).await?;
        }
        unfinished.finished();
        ends.set_made();
        Ok(ends)
    }
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

impl Lost {
    /// Watches the connection at which a route begins, if it does at one.
    pub(super) fn of(handle: &Handle, route: &Route) -> Result<Self> {
        let lost = route.first().map_or(Ok(None), |hop| handle.connection_lost(hop));
        lost.map(Lost)
    }

    /// Waits for the loss, and returns why. Without a connection it waits for ever.
    pub(super) async fn wait(&mut self) -> Error {
        match &mut self.0 {
            Some(lost) => lost.await,
            None => pending().await,
        }
    }
}

#[cfg(feature = "std")]
impl Lost {
    /// Watches the connection at an address, if there is one.
    pub(super) fn watch(&mut self, handle: &Handle, hop: &Address) -> Result<()> {
        self.0 = handle.connection_lost(hop)?;
        Ok(())
    }

    pub(super) fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

/// Makes message 1, which says what this side understands.
pub(super) fn greeting(handle: &Handle) -> (Initiator, Vec<u8>) {
    let ephemeral = AgreementSecret::random(&mut NodeRng::new(handle));
    Initiator::with_payload(Protocol::OCKAM, ephemeral, &[Features::KNOWN.bits()])
}

/// Waits for an answer until the connection is lost over which it would come.
async fn unless_lost<T>(
    answer: impl Future<Output = Result<T>>,
    lost: &mut Lost,
    route: &Route,
) -> Result<T> {
    let doing = || format!("making a secure channel over {route}");
    first(answer, lost.wait()).await.unwrap_or_else(|why| Err(why.context_with(doing)))
}

fn refused(peer: &Identifier) -> Error {
    Error::with_text(ErrorKind::Denied, || {
        format!("{peer} has answered, which the trust policy of this channel refuses")
    })
}

/// What the responder's decision makes of the channel.
pub(super) fn confirmed(verdict: Verdict, ends: &Ends) -> Result<()> {
    match verdict {
        Verdict::Confirmed => Ok(()),
        Verdict::Refused => Err(Error::with_text(ErrorKind::Denied, || {
            format!("{} has refused {}: only the log of its node says why", ends.peer, ends.own)
        })),
        Verdict::Ended => Err(Error::with_text(ErrorKind::Stopped, || ends.epitaph())),
    }
}

fn late(route: &Route, limit: Duration, greeted: &Greeted) -> Error {
    Error::with_text(ErrorKind::TimedOut, || match greeted.0.with(|peer| *peer) {
        Some(peer) => format!(
            "no secure channel over {route} within {limit:?}: {peer} has answered, and has not said \
             that it takes this identity: it may be busy, or a message was lost"
        ),
        None => format!(
            "no secure channel over {route} within {limit:?}: nobody has answered: no listener is \
             there, or it is not a consumer of the connection"
        ),
    })
}
