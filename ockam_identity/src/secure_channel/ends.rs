//! What the encryptor and the decryptor of one end have in common.

#[cfg(feature = "std")]
use super::asked::{AskedWay, asked_way};
use super::decryptor::Decryptor;
use super::encryptor::Encryptor;
use crate::channel::{ChannelMessage, Features, Sealer};
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use crate::sync::Lock;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
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
use ockam_node::{Handle, StopOrder, WorkerBuilder};

/// A secure channel: put it into a route, and what is sent comes out at the other end.
///
/// ```
/// # use ockam_core::{Route, route};
/// # fn to_the_echoer(channel: ockam_identity::SecureChannel) -> Route {
/// route![channel, "echoer"]
/// # }
/// ```
#[derive(Clone)]
pub struct SecureChannel(Arc<Ends>);

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
    /// The number of the last message that has arrived, among all of the listener's channels.
    pub(super) heard: AtomicUsize,
    /// When a message is encrypted where it is sent.
    #[cfg(feature = "std")]
    pub(super) turn: Turn,
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
}

impl Ends {
    pub(super) fn new(handle: &Handle, new: NewEnds) -> Arc<Self> {
        Arc::new(Ends {
            encryptor: handle.random_local(),
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
            heard: AtomicUsize::new(0),
            #[cfg(feature = "std")]
            turn: Turn::new(),
        })
    }

    /// Begins the end of this end; `false` if it has begun.
    pub(super) fn begin_end(&self, handle: &Handle) -> bool {
        let is_first = !self.ending.swap(true, Ordering::AcqRel);
        if let Some(refresher) = self.refresher.as_ref().filter(|_| is_first) {
            // One that starts later finds that this end is ending.
            request_stop(handle, refresher);
        }
        is_first
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    /// Shows the peer a credential, and the current history of the own identity.
    pub(super) async fn show(
        &self,
        handle: &Handle,
        identities: &Identities,
        credential: CredentialAndPurposeKey,
    ) -> Result<()> {
        let identity = identities.find(&self.own);
        let identity = identity.ok_or_else(|| Error::new(ErrorKind::NotFound, "no identity"))?;
        let change_history = identity.history().clone();
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
        let by = if self.closed_by_peer.load(Ordering::Acquire) {
            "by the peer"
        } else if self.displaced.load(Ordering::Acquire) {
            "here: its listener holds no more, and this one was silent for longest"
        } else {
            "here"
        };
        format!("the secure channel with {} was closed {by}", self.peer)
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

    /// Says over which connection the way to the peer goes: whoever has asked through the channel
    /// is told when it is lost.
    pub(super) fn go_over(&self, handle: &Handle, remote: &Route) {
        if let Some(hop) = remote.first() {
            handle.flow_controls().set_carrier(self.encryptor.clone(), hop);
        }
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

/// Lets the flow over which messages go to `route` reach `address`, so that answers arrive.
pub(super) fn consume_answers(handle: &Handle, route: &Route, address: &Address) {
    let flows = handle.flow_controls();
    let first = route.first();
    if let Some(info) = first.and_then(|hop| flows.find_flow_control_with_producer_address(hop)) {
        flows.add_consumer(address.clone(), info.flow_control_id());
    }
}

impl SecureChannel {
    pub(super) fn new(ends: Arc<Ends>) -> Self {
        SecureChannel(ends)
    }

    /// Keeps the route to the listener that the program asked for.
    #[cfg(feature = "std")]
    pub(super) fn keep_asked(&self, route: Route) {
        self.0.asked.set(asked_way(route, &self.0.remote()));
    }

    /// Returns the address that stands for the channel in routes.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.0.encryptor
    }

    /// Returns the identity at the other end.
    #[must_use]
    pub fn peer(&self) -> &Identifier {
        &self.0.peer
    }

    /// Tells whether the peer has said that it takes this side. Ockam 0.150 never does, and a listener
    /// [without refusals](crate::SecureChannelListenerOptions::without_refusals) neither: then the
    /// channel may lead nowhere.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.0.features.contains(Features::CONFIRMS)
    }

    /// Returns the id of the channel's flow: its consumers are reached by the peer.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.0.flow
    }

    /// Shows the peer a newer credential, and the current history of the own identity.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the channel has ended.
    ///
    /// # Cancel safety
    /// Dropped before it is done, nothing is shown.
    pub async fn refresh_credential(
        &self,
        handle: &Handle,
        identities: &Identities,
        credential: CredentialAndPurposeKey,
    ) -> Result<()> {
        self.0.show(handle, identities, credential).await
    }

    /// Ends the channel on both sides. What was sent before is delivered before.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if it has ended,
    /// [`TimedOut`](ErrorKind::TimedOut) if it is busy for longer than the node's stop timeout.
    ///
    /// # Cancel safety
    /// The end begins with the first poll, and goes on if the future is dropped.
    pub async fn stop(&self, handle: &Handle) -> Result<()> {
        handle.stop_worker(self.0.encryptor.clone()).await
    }

    /// Sets the way to the peer, which is the way to the peer's node: for a channel whose
    /// connection was replaced. Only the side that began the channel has to be told.
    ///
    /// A connection further away that was replaced needs no such call if the route names a relay that
    /// leads over the new one: see [`WAY_TRUSTED_FOR`](crate::WAY_TRUSTED_FOR).
    ///
    /// If the first hop is a connection, or another channel, then asks through this channel fail
    /// when that one is lost, as those that go over it directly do; the channel stays.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the route is too long.
    pub fn update_route(&self, handle: &Handle, route_to_node: impl Into<Route>) -> Result<()> {
        let mut route = route_to_node.into();
        let last = self.0.remote.with(|remote| remote.last().cloned());
        if let Some(last) = last {
            route.push_back(last);
        }
        route.validate()?;
        consume_answers(handle, &route, &self.0.decryptor);
        self.0.go_over(handle, &route);
        // Behind its first hop there may be a relay, which the peer's messages will pass by.
        #[cfg(feature = "std")]
        self.0.asked.set((route.len() > 2).then(|| route.clone()));
        self.0.remote.with(|remote| *remote = route);
        Ok(())
    }
}

impl From<SecureChannel> for Address {
    fn from(channel: SecureChannel) -> Self {
        channel.0.encryptor.clone()
    }
}

impl From<&SecureChannel> for Address {
    fn from(channel: &SecureChannel) -> Self {
        channel.0.encryptor.clone()
    }
}

impl From<SecureChannel> for Route {
    fn from(channel: SecureChannel) -> Self {
        Route::from(channel.0.encryptor.clone())
    }
}

impl From<&SecureChannel> for Route {
    fn from(channel: &SecureChannel) -> Self {
        Route::from(channel.0.encryptor.clone())
    }
}

impl fmt::Debug for SecureChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecureChannel({} with {})", self.0.encryptor, self.0.peer)
    }
}
