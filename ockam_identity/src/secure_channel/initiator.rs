//! A channel from the side that begins: the handshake, in the task of whoever wants the channel.

use super::confirmation::{Verdict, confirmation};
use super::considering::{Accepted, Considering};
use super::decryptor::Decryptor;
use super::ends::{Ends, NewEnds, Unfinished};
use super::handle::SecureChannel;
use super::lost::{Lost, unless_lost};
#[cfg(feature = "std")]
use super::meeting::introduce;
use super::meeting::present;
use super::options::SecureChannelOptions;
#[cfg(feature = "std")]
use super::reconnector::Reconnector;
use super::rng::NodeRng;
use super::way::consume_answers;
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
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use ockam_core::{
    Address, Any, Error, ErrorKind, Mailbox, NeutralMessage, Result, Route, TransportMessage,
};
#[cfg(feature = "std")]
use ockam_node::Instant;
use ockam_node::{Context, Handle, MessageReceiveOptions};

/// How long a handshake may take unless the options say otherwise, as in Ockam 0.150.
pub const DEFAULT_CHANNEL_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(120);

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
    /// [`Stopped`](ErrorKind::Stopped) if the connection of the first hop was lost meanwhile, or the
    /// node of the other side is stopping;
    /// [`Failed`](ErrorKind::Failed) after [`MAX_ANSWERS`](crate::MAX_ANSWERS) answers that are not to be believed, or if
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
            is_left: false,
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

/// Makes message 1, which says what this side understands.
pub(super) fn greeting(handle: &Handle) -> (Initiator, Vec<u8>) {
    let ephemeral = AgreementSecret::random(&mut NodeRng::new(handle));
    Initiator::with_payload(Protocol::OCKAM, ephemeral, &[Features::KNOWN.bits()])
}

/// What the responder's decision makes of the channel.
pub(super) fn confirmed(verdict: Verdict, ends: &Ends) -> Result<()> {
    match verdict {
        Verdict::Confirmed => Ok(()),
        Verdict::Refused => Err(Error::with_text(ErrorKind::Denied, || {
            format!("{} has refused {}: only the log of its node says why", ends.peer, ends.own)
        })),
        Verdict::Away => Err(Error::with_text(ErrorKind::Stopped, || {
            format!("{} takes no channel now: its node is stopping, or is not ready", ends.peer)
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
