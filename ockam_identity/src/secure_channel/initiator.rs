//! A channel from the side that begins: the handshake, in the task of whoever wants the channel.

use super::confirmation::{Verdict, confirmation};
use super::decryptor::Decryptor;
use super::ends::{Ends, NewEnds, SecureChannel, Unfinished, consume_answers};
use super::learning::Learning;
#[cfg(feature = "std")]
use super::meeting::introduce;
use super::meeting::{Meeting, meet};
use super::options::SecureChannelOptions;
use super::rng::NodeRng;
use crate::channel::{Answered, Features, Initiator, Protocol, Sealer};
use crate::codec::Structure;
use crate::identifier::Identifier;
use crate::identities::{Identities, failed};
use crate::sync::Lock;
use crate::vault::AgreementSecret;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use ockam_core::{
    Address, Any, Error, ErrorKind, Mailbox, NeutralMessage, Result, Route, TransportMessage,
};
use ockam_node::{ConnectionLost, Context, Handle, MessageReceiveOptions};

/// How long a handshake may take unless the options say otherwise, as in Ockam 0.150.
pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(120);

/// How many messages 2 of a handshake may be genuine and yet not be believed. Whoever sees message 1
/// can answer it, and to verify what an answer shows takes time.
pub const MAX_ANSWERS: usize = 8;

/// A message 2 that was accepted.
struct Accepted {
    answered: Answered,
    peer: Identifier,
    features: Features,
    learning: Learning,
    /// The way to the responder.
    remote: Route,
}

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
        let route = handle.resolve(route).await?;
        options.terms.pin(self)?;
        // What the handshake needs of this node, before anybody is asked anything.
        let rng = &mut NodeRng::new(handle);
        self.present(own, Vec::new(), rng).await?;
        if let Some(renewal) = &options.terms.renewal {
            renewal.obtain(self, handle, own).await?;
        }
        // Watched from before message 1 is sent, so that no loss is missed.
        let lost = match route.first() {
            Some(hop) => handle.connection_lost(hop)?,
            None => None,
        };
        let (limit, greeted) = (options.timeout, Greeted::default());
        let made = {
            // Pinned here: each future around it would hold it twice.
            let made = pin!(self.make(handle, own, &route, options, &greeted));
            handle.within(limit, unless_lost(made, lost, &route)).await
        };
        let channel = made.unwrap_or_else(|| Err(late(&route, limit, &greeted)))?;
        #[cfg(feature = "std")]
        channel.keep_asked(route);
        Ok(channel)
    }

    async fn make(
        &self,
        handle: &Handle,
        own: &Identifier,
        route: &Route,
        options: SecureChannelOptions,
        greeted: &Greeted,
    ) -> Result<SecureChannel> {
        let address = handle.random_local();
        let accepted = self.begin(handle, &address, route, &options).await?;
        self.finish(handle, own, address, accepted, options, greeted).await
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
        let mark = [Features::KNOWN.bits()];
        let (initiator, first) = Initiator::with_payload(Protocol::OCKAM, ephemeral, &mark);
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
        let mut unproved = 0;
        loop {
            let message = ctx.receive_extended::<Any>(wait.clone()).await?.into_local_message();
            let TransportMessage { return_route: remote, payload, .. } =
                message.into_transport_message();
            let (answered, shown) = match initiator.read(&payload) {
                Ok(genuine) => genuine,
                // Anybody can send anything to an address: only who answers as it should counts.
                Err(error) => {
                    tracing::debug!(address = %ctx.address(), %error, "refused");
                    continue;
                }
            };
            let policy = &*options.terms.trust_policy;
            match meet(self, policy, &shown, answered.peer_static()).await? {
                Meeting::Trusted(peer, credentials, features) => {
                    self.remember(&peer)?;
                    let (peer, authorities) = (*peer.identifier(), &options.terms.authorities);
                    let mut learning = Learning::new(self.clone(), authorities.clone());
                    learning.accept(&peer, &credentials);
                    let features = features & Features::KNOWN;
                    return Ok(Accepted { answered, peer, features, learning, remote });
                }
                Meeting::Refused(peer) => return Err(refused(&peer)),
                Meeting::Unproved(error) => {
                    tracing::debug!(address = %ctx.address(), %error, "refused");
                    unproved += 1;
                    if unproved == MAX_ANSWERS {
                        return Err(failed(error, "believing who has answered"));
                    }
                }
            }
        }
    }

    /// Makes message 3 and starts this end; the encryptor sends it before anything else. Then waits for
    /// the responder's decision, if it has promised to say it.
    async fn finish(
        &self,
        handle: &Handle,
        own: &Identifier,
        address: Address,
        accepted: Accepted,
        options: SecureChannelOptions,
        greeted: &Greeted,
    ) -> Result<SecureChannel> {
        let Accepted { answered, peer, features, learning, remote } = accepted;
        let shown = options.terms.credential(self, own)?;
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
                features,
                decryptor: address,
                flow: options.flow,
                remote: remote.clone(),
                follows: false,
                refreshes: options.terms.renewal.is_some(),
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
        Ok(SecureChannel::new(ends))
    }
}

/// Waits for an answer until the connection is lost over which it would come.
async fn unless_lost<T>(
    answer: impl Future<Output = Result<T>>,
    lost: Option<ConnectionLost>,
    route: &Route,
) -> Result<T> {
    let Some(lost) = lost else { return answer.await };
    let (mut answer, mut lost) = (pin!(answer), pin!(lost));
    let doing = || format!("making a secure channel over {route}");
    poll_fn(|cx| match answer.as_mut().poll(cx) {
        Poll::Pending => lost.as_mut().poll(cx).map(|why| Err(why.context_with(doing))),
        answered => answered,
    })
    .await
}

fn refused(peer: &Identifier) -> Error {
    Error::with_text(ErrorKind::Denied, || {
        format!("{peer} has answered, which the trust policy of this channel refuses")
    })
}

/// What the responder's decision makes of the channel.
fn confirmed(verdict: Verdict, ends: &Ends) -> Result<()> {
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
