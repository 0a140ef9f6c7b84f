//! What the encryptor and the decryptor of one end have in common.

#[cfg(feature = "std")]
use super::asked::AskedWay;
use super::decryptor::Decryptor;
use super::encryptor::Encryptor;
#[cfg(feature = "std")]
use super::healing::{Healing, Outage};
use crate::channel::{ChannelMessage, Features, Sealer};
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use crate::sync::Lock;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::mem;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::{Context, Waker};
use ockam_core::{
    Address, AllowAll, DenyAll, Error, ErrorKind, FlowControlId, LocalMessage, Mailbox, Mailboxes,
    NeutralMessage, Result, Route, TEXTS,
};
#[cfg(feature = "std")]
use ockam_node::Turn;
use ockam_node::{Handle, LinkGuard, LinkKind, LinkState, StopOrder, WorkerBuilder};

/// One end of a channel.
pub(super) struct Ends {
    /// What programs put into routes.
    pub(super) encryptor: Address,
    /// Where the peer's messages arrive.
    pub(super) decryptor: Address,
    /// What the end itself sends goes to this address of the encryptor.
    pub(super) control: Address,
    pub(super) peer: Identifier,
    pub(super) own: Identifier,
    /// What both ends do beyond Ockam 0.150.
    pub(super) features: Features,
    /// Where the own credential is kept from expiring, if it has a source.
    pub(super) refresher: Option<Address>,
    pub(super) flow: FlowControlId,
    /// The way to the peer's decryptor.
    pub(super) remote: Lock<Route>,
    /// The way may be changed by messages that arrive: the responder follows.
    pub(super) follows: bool,
    /// The way that the program asked for, if it is another one. With it the initiator follows too,
    /// behind its own connection.
    #[cfg(feature = "std")]
    pub(super) asked: AskedWay,
    /// The end of this end has begun, so that of its two workers one stops the other.
    ending: AtomicBool,
    /// The peer has ended the channel, and need not be told.
    pub(super) closed_by_peer: AtomicBool,
    /// The place of the channel at its listener was given to another one.
    displaced: AtomicBool,
    /// The peer has made the channel again, and goes on with another end.
    replaced: AtomicBool,
    /// Where the channel is, as programs see it.
    pub(super) link: LinkGuard,
    /// The program has the channel, so that its end is news.
    is_made: AtomicBool,
    /// The encryptor has begun to send its greeting.
    has_greeted: AtomicBool,
    /// The number of the last message that has arrived, among all of the listener's channels.
    pub(super) heard: AtomicUsize,
    /// How many messages of the peer have verified, wrapping. One task counts.
    #[cfg(feature = "std")]
    verified: AtomicUsize,
    /// When a message is encrypted where it is sent.
    #[cfg(feature = "std")]
    pub(super) turn: Turn,
    /// Where the channel is made again when its path is lost, if it is.
    #[cfg(feature = "std")]
    pub(super) reconnector: Option<Address>,
    #[cfg(feature = "std")]
    pub(super) healing: Option<Arc<Healing>>,
}

/// What an end is made of.
pub(super) struct NewEnds {
    pub(super) own: Identifier,
    pub(super) peer: Identifier,
    pub(super) features: Features,
    pub(super) decryptor: Address,
    pub(super) flow: FlowControlId,
    pub(super) remote: Route,
    pub(super) follows: bool,
    pub(super) refreshes: bool,
    /// The route to the listener, if the channel is made again over it when its path is lost.
    #[cfg_attr(not(feature = "std"), expect(dead_code, reason = "a board makes none again"))]
    pub(super) made_again: Option<Route>,
}

impl Ends {
    pub(super) fn new(handle: &Handle, new: NewEnds) -> Arc<Self> {
        let encryptor = handle.random_local();
        let name = if TEXTS { format!("{}", new.peer) } else { String::new() };
        let link = handle.add_link(LinkKind::Channel, &encryptor, name, LinkState::Up);
        // Who follows was asked for the channel.
        let link = if new.follows { link.made_by_peer() } else { link };
        Arc::new(Ends {
            encryptor,
            link,
            is_made: AtomicBool::new(new.follows),
            has_greeted: AtomicBool::new(false),
            decryptor: new.decryptor,
            control: handle.random_local(),
            peer: new.peer,
            own: new.own,
            features: new.features,
            refresher: new.refreshes.then(|| handle.random_local()),
            flow: new.flow,
            remote: Lock::new(new.remote),
            follows: new.follows,
            #[cfg(feature = "std")]
            asked: AskedWay::default(),
            ending: AtomicBool::new(false),
            closed_by_peer: AtomicBool::new(false),
            displaced: AtomicBool::new(false),
            replaced: AtomicBool::new(false),
            heard: AtomicUsize::new(0),
            #[cfg(feature = "std")]
            verified: AtomicUsize::new(0),
            #[cfg(feature = "std")]
            turn: Turn::new(),
            #[cfg(feature = "std")]
            reconnector: new.made_again.as_ref().map(|_| handle.random_local()),
            #[cfg(feature = "std")]
            healing: new.made_again.map(|route| Arc::new(Healing::new(route))),
        })
    }

    /// Begins the end of this end; `false` if it has begun.
    pub(super) fn begin_end(&self, handle: &Handle) -> bool {
        let is_first = !self.ending.swap(true, Ordering::AcqRel);
        if is_first {
            if self.closed_by_peer.load(Ordering::Acquire) && self.is_made.load(Ordering::Acquire) {
                self.link.down(|| self.epitaph());
            }
            self.link.end();
        }
        if let Some(refresher) = self.refresher.as_ref().filter(|_| is_first) {
            // One that starts later finds that this end is ending.
            request_stop(handle, refresher);
        }
        #[cfg(feature = "std")]
        if let Some(reconnector) = self.reconnector.as_ref().filter(|_| is_first) {
            request_stop(handle, reconnector);
        }
        is_first
    }

    /// The channel is up, and the program gets it.
    pub(super) fn set_made(&self) {
        self.is_made.store(true, Ordering::Release);
    }

    /// Counts a message of the peer that has verified.
    #[cfg(feature = "std")]
    pub(super) fn hear(&self) {
        let verified = self.verified.load(Ordering::Relaxed);
        self.verified.store(verified.wrapping_add(1), Ordering::Relaxed);
    }

    /// Returns a number that changes with each message of the peer that verifies.
    #[cfg(feature = "std")]
    pub(super) fn heard_of(&self) -> usize {
        self.verified.load(Ordering::Relaxed)
    }

    /// Message 0 leaves from now on.
    pub(super) fn greets(&self) {
        self.has_greeted.store(true, Ordering::Release);
    }

    /// Tells whether message 0 may have left.
    pub(super) fn has_greeted(&self) -> bool {
        self.has_greeted.load(Ordering::Acquire)
    }

    /// The peer's node stops. Tells whether the channel is made again, as after a loss of its path.
    #[cfg_attr(not(feature = "std"), allow(clippy::unused_self))]
    pub(super) fn is_left(&self) -> bool {
        #[cfg(feature = "std")]
        if let Some(healing) = &self.healing {
            healing.leave();
            return true;
        }
        false
    }

    /// Returns what the peer hears last of this end. Only the initiator makes a channel again.
    pub(super) fn last_word(&self, handle: &Handle) -> ChannelMessage {
        if self.follows && handle.is_stopping() {
            return going_away(self.features);
        }
        ChannelMessage::Close
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// Counts the keys that this end has had, and the times without any.
    #[cfg(feature = "std")]
    pub(super) fn phase(&self) -> u32 {
        self.healing.as_ref().map_or(0, |healing| healing.phase())
    }

    /// Shows the peer a credential, and the current history of the own identity.
    pub(super) async fn show(
        &self,
        handle: &Handle,
        identities: &Identities,
        credential: CredentialAndPurposeKey,
    ) -> Result<()> {
        let identity = identities.find(&self.own);
        let identity =
            identity.ok_or_else(|| Error::with_kind(ErrorKind::NotFound, "no identity"))?;
        let change_history = identity.history().clone();
        #[cfg(feature = "std")]
        if let Some(healing) = &self.healing {
            healing.set_shown(credential.clone());
        }
        let credentials = Vec::from([credential]);
        let refresh = ChannelMessage::Refresh { change_history, credentials };
        handle.send(self.control.clone(), NeutralMessage::from(refresh.to_buffer())).await
    }

    pub(super) fn remote(&self) -> Route {
        self.remote.with(|route| route.clone())
    }

    /// Says why this end can be reached no more.
    pub(super) fn epitaph(&self) -> String {
        if !TEXTS {
            return String::new();
        }
        if self.replaced.load(Ordering::Acquire) {
            return format!("the secure channel with {} was made again by the peer", self.peer);
        }
        let by = if self.closed_by_peer.load(Ordering::Acquire) {
            "by the peer"
        } else if self.displaced.load(Ordering::Acquire) {
            "here: its listener holds no more, and this one was silent for longest"
        } else {
            "here"
        };
        format!("the secure channel with {} was closed {by}", self.peer)
    }

    /// Says why messages do not wait for the channel any more.
    #[cfg(feature = "std")]
    #[cold]
    pub(super) fn down(&self, outage: &Outage) -> Error {
        let (address, peer) = (&self.encryptor, &self.peer);
        let (away, why) = (outage.since.elapsed().as_millis(), &outage.why);
        Error::with_text(ErrorKind::Stopped, || {
            format!("the secure channel {address} with {peer} is down, for {away} ms by now: {why}")
        })
    }

    /// Ends this end, whose place another channel has. `told` says how many there were so far, if
    /// the log is told of this one.
    pub(super) fn displace(&self, handle: &Handle, told: Option<usize>) {
        let (address, peer, text) = (&self.decryptor, &self.peer, "ended for a newer channel");
        match told {
            Some(count) => tracing::info!(%address, %peer, count, "{text}"),
            None => tracing::debug!(%address, %peer, "{text}"),
        }
        self.displaced.store(true, Ordering::Release);
        request_stop(handle, &self.encryptor);
    }

    /// Tells whether this end is instead of an earlier one: of the same peer, which has the same address.
    /// That is drawn at random, so nobody else knows it who is not on the way there.
    pub(super) fn is_instead_of(&self, other: &Ends) -> bool {
        self.peer == other.peer
            && self.remote.with(|remote| remote.last().cloned())
                == other.remote.with(|remote| remote.last().cloned())
    }

    /// Ends this end, instead of which the peer has another one. It is not told so.
    pub(super) fn replace(&self, handle: &Handle) {
        tracing::debug!(address = %self.decryptor, peer = %self.peer, "made again by the peer");
        self.replaced.store(true, Ordering::Release);
        self.closed_by_peer.store(true, Ordering::Release);
        request_stop(handle, &self.encryptor);
    }

    /// Starts the encryptor. It sends `greeting` before anything else; what the sealer has sealed so
    /// far is that or nothing.
    pub(super) async fn start_encryptor(
        self: &Arc<Self>,
        handle: &Handle,
        sealer: Sealer,
        greeting: Option<LocalMessage>,
    ) -> Result<()> {
        let encryptor = Encryptor::new(Arc::clone(self), sealer, greeting);
        let control = Mailbox::new(self.control.clone(), AllowAll, DenyAll);
        let mailboxes =
            Mailboxes::new(Mailbox::allow_all(self.encryptor.clone()), Vec::from([control]));
        #[cfg(feature = "std")]
        if let Some(healing) = &self.healing {
            healing.set_sealing(encryptor.sealing());
        }
        #[cfg(feature = "std")]
        let direct = encryptor.direct();
        let encryptor = WorkerBuilder::new(encryptor).with_mailboxes(mailboxes);
        #[cfg(feature = "std")]
        let encryptor = encryptor.with_shortcut(direct);
        encryptor.with_stop_order(StopOrder::Channel).start(handle).await
    }

    /// Starts the decryptor of an initiator, at the address where the handshake was.
    pub(super) async fn start_decryptor(
        self: &Arc<Self>,
        handle: &Handle,
        decryptor: Decryptor,
    ) -> Result<()> {
        self.register(handle, None);
        let mailbox = incoming(handle, &self.decryptor);
        let decryptor = WorkerBuilder::new(decryptor).with_mailboxes(mailbox);
        decryptor.with_stop_order(StopOrder::Channel).start(handle).await
    }

    /// Registers the flow that the decryptor produces.
    pub(super) fn register(&self, handle: &Handle, spawner: Option<&FlowControlId>) {
        let encryptor = Vec::from([self.encryptor.clone()]);
        handle.flow_controls().add_producer(self.decryptor.clone(), &self.flow, spawner, encryptor);
        self.go_over(handle, &self.remote());
    }
}

/// Makes the last message to an initiator that may try again later, if it understands that.
pub(super) fn going_away(features: Features) -> ChannelMessage {
    if features.contains(Features::GOING_AWAY) {
        ChannelMessage::GoingAway
    } else {
        ChannelMessage::Close
    }
}

/// One of the two workers of an end that is not complete: dropped, it is stopped, and with it the
/// other one if there is one.
pub(super) struct Unfinished<'a> {
    handle: &'a Handle,
    address: &'a Address,
}

impl<'a> Unfinished<'a> {
    pub(super) fn new(handle: &'a Handle, address: &'a Address) -> Self {
        Unfinished { handle, address }
    }

    /// The end is complete.
    pub(super) fn finished(self) {
        mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        request_stop(self.handle, self.address);
    }
}

/// Asks a worker to stop, without waiting for it.
pub(super) fn request_stop(handle: &Handle, address: &Address) {
    let stop = pin!(handle.stop_worker(address.clone()));
    // The first poll asks, and the stop goes on if its future is dropped.
    let _ = stop.poll(&mut Context::from_waker(Waker::noop()));
}

/// Makes the mailbox of a decryptor: anything may arrive, and what leaves passes the border.
pub(super) fn incoming(handle: &Handle, decryptor: &Address) -> Mailbox {
    let gate = handle.flow_controls().gate(decryptor.clone());
    Mailbox::new(decryptor.clone(), AllowAll, gate)
}
