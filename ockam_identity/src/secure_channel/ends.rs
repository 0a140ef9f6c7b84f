//! What the encryptor and the decryptor of one end have in common.

#[cfg(feature = "std")]
use super::asked::{AskedWay, asked_way};
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
use ockam_node::{Handle, LinkGuard, LinkKind, LinkState, StopOrder, WorkerBuilder};
#[cfg(feature = "std")]
use ockam_node::{LinkWatch, Turn};

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
    /// The peer has made the channel again, and goes on with another end.
    replaced: AtomicBool,
    /// Where the channel is, as programs see it.
    pub(super) link: LinkGuard,
    /// The program has the channel, so that its end is news.
    is_made: AtomicBool,
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
        let identity = identity.ok_or_else(|| Error::new(ErrorKind::NotFound, "no identity"))?;
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

    /// Keeps the route to the listener that the program asked for.
    #[cfg(feature = "std")]
    pub(super) fn keep_asked(&self, route: Route) {
        self.asked.set(asked_way(route, &self.remote()));
    }

    /// Goes to the peer along the way that it has answered by to a handshake over a route.
    #[cfg(feature = "std")]
    pub(super) fn take_remote(&self, handle: &Handle, route: Route, remote: Route) {
        consume_answers(handle, &remote, &self.decryptor);
        self.go_over(handle, &remote);
        self.remote.with(|known| *known = remote);
        self.keep_asked(route);
    }

    /// Goes to the peer along another way, whose last hop is the listener.
    #[cfg(feature = "std")]
    pub(super) fn take_way(&self, handle: &Handle, mut route: Route) {
        route.pop_back();
        self.remote
            .with(|remote| remote.last().cloned())
            .into_iter()
            .for_each(|last| route.push_back(last));
        self.take_route(handle, route);
    }

    /// Goes to the peer along another way.
    fn take_route(&self, handle: &Handle, route: Route) {
        consume_answers(handle, &route, &self.decryptor);
        self.go_over(handle, &route);
        // Behind its first hop there may be a relay, which the peer's messages will pass by.
        #[cfg(feature = "std")]
        self.asked.set((route.len() > 2).then(|| route.clone()));
        self.remote.with(|remote| *remote = route);
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

    /// Returns the address that stands for the channel in routes.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.0.encryptor
    }

    /// Returns where the channel is: an initiator's is being made again while its path is lost, and is
    /// down if that is not tried, or when it has ended.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.0.link.status().state
    }

    /// Begins to follow where the channel is.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn watch(&self) -> LinkWatch {
        self.0.link.watch()
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
    /// connection was replaced. Only the side that began the channel has to be told. A channel that is
    /// down is made again over it, and what is sent meanwhile waits; one that is up goes over it from
    /// now on, and is made again over it when that is lost.
    ///
    /// A connection further away that was replaced needs no such call if the route names a relay that
    /// leads over the new one: see [`WAY_TRUSTED_FOR`](crate::WAY_TRUSTED_FOR).
    ///
    /// If the first hop is a connection, or another channel, then asks through this channel fail
    /// when that one is lost, as those that go over it directly do; the channel stays.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the route is too long, or begins with a hop of a
    /// transport, which may have to be connected: see [`go_over`](Self::go_over).
    pub fn update_route(&self, handle: &Handle, route_to_node: impl Into<Route>) -> Result<()> {
        let route_to_node = route_to_node.into();
        if let Some(hop) = route_to_node.first().filter(|hop| !hop.is_local()) {
            return Err(not_resolved(hop));
        }
        self.change_way(handle, route_to_node.clone(), route_to_node)
    }

    /// As [`update_route`](Self::update_route), for a route in which a hop may belong to a transport,
    /// such as `(TCP, "host:4000")`, which connects first. A channel that is down is made again over
    /// the route, and this does not wait for it.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the route is too long, and as [`Handle::resolve`]
    /// if the channel is up: then it goes over the way that it has.
    ///
    /// # Cancel safety
    /// Dropped before it is done, the channel goes over the way that it has.
    pub async fn go_over(&self, handle: &Handle, route_to_node: impl Into<Route>) -> Result<()> {
        let asked = route_to_node.into();
        #[cfg(feature = "std")]
        if self.0.healing.as_ref().is_some_and(|healing| healing.outage().is_some()) {
            return self.change_way(handle, asked, Route::new());
        }
        let resolved = handle.resolve(asked.clone()).await?;
        self.change_way(handle, asked, resolved)
    }

    /// Goes over a way that leads to the peer's node. While the channel is down, there is nothing to go
    /// over, and the program's route counts.
    #[cfg_attr(not(feature = "std"), allow(unused_variables))]
    fn change_way(&self, handle: &Handle, asked: Route, mut way: Route) -> Result<()> {
        let last = self.0.remote.with(|remote| remote.last().cloned());
        if let Some(last) = last {
            way.push_back(last);
        }
        way.validate()?;
        #[cfg(feature = "std")]
        if let Some(healing) = &self.0.healing {
            let mut whole = asked.clone();
            whole.push_back(self.0.decryptor.clone());
            whole.validate()?;
            healing.reroute(asked);
            if healing.outage().is_some() {
                return Ok(());
            }
        }
        self.0.take_route(handle, way);
        Ok(())
    }
}

#[cold]
fn not_resolved(hop: &Address) -> Error {
    Error::with_text(ErrorKind::InvalidInput, || {
        format!("{hop} belongs to a transport, which may have to connect: use `go_over`")
    })
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
