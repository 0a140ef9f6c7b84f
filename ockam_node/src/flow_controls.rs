//! The node's flow controls: the table of the core, shared, and what becomes of flows that end.
//!
//! It owns who may be reached from outside, and remembers for a while why a connection ended. It
//! refuses to know what brings messages in, and what an ask is: it hands out addresses.

mod carrier;
mod expected;
mod gate;

pub use gate::FlowGate;

use self::carrier::Carriers;
#[cfg(feature = "std")]
use crate::node::Node;
use crate::random::Random;
#[cfg(feature = "std")]
use crate::suggest;
use crate::sync::Lock;
use alloc::boxed::Box;
#[cfg(feature = "std")]
use alloc::collections::BTreeSet;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
#[cfg(feature = "std")]
use alloc::sync::Weak;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use ockam_core::{Address, FlowControlId, FlowControlTable, ProducerInfo, SpawnerInfo};
#[cfg(feature = "std")]
use std::sync::OnceLock;

/// Of how many addresses the node remembers why they can be reached no more.
pub const ENDED_FLOWS_KEPT: usize = 64;

/// Decides which local workers a message that came from outside may reach.
///
/// A clone is another handle to the same table. See [`FlowControlTable`] for the rules.
#[derive(Clone)]
pub struct FlowControls(Arc<Shared>);

struct Shared {
    /// Nothing before something is registered.
    state: Lock<Option<Box<dyn Flows>>>,
    /// Counts the changes that take something away, wrapping. What was allowed before one of
    /// them may not be allowed any more.
    generation: AtomicUsize,
    /// How many addresses of producers there are, so that a node without any pays one load.
    producers: AtomicUsize,
    random: Arc<Random>,
    /// For hints about addresses.
    #[cfg(feature = "std")]
    node: OnceLock<Weak<Node>>,
}

/// The state as the rest of the node sees it. A program that registers nothing, such as that of a
/// board without a transport, has neither the table nor its code.
trait Flows: Send {
    fn state(&mut self) -> &mut State;

    /// Ends the flow of a producer; see [`FlowControls::end`].
    fn end(&mut self, address: &Address, why: Option<&str>) -> Vec<Address>;

    fn producer_addresses(&self) -> usize;

    fn why_ended(&self, address: &Address) -> Option<String>;
}

/// The first hop of a way out of the node, and the flow to which it belongs.
#[derive(Debug)]
struct Way {
    first_hop: Address,
    flow: FlowControlId,
}

#[derive(Default)]
struct State {
    table: FlowControlTable,
    /// The reply slots of asks that went out, with the ways of the questions: the answer may come
    /// over the same flow.
    expected: BTreeMap<Address, Way>,
    carriers: Carriers,
    /// The flows of peers that the node knows.
    #[cfg(feature = "std")]
    known_peers: BTreeSet<FlowControlId>,
    /// Oldest first.
    ended: VecDeque<(Address, Arc<str>)>,
}

impl FlowControls {
    pub(crate) fn new(random: Arc<Random>) -> Self {
        FlowControls(Arc::new(Shared {
            state: Lock::new(None),
            generation: AtomicUsize::new(0),
            producers: AtomicUsize::new(0),
            random,
            #[cfg(feature = "std")]
            node: OnceLock::new(),
        }))
    }

    /// Names the node, whose workers can be consumers.
    #[cfg(feature = "std")]
    pub(crate) fn set_node(&self, node: &Arc<Node>) {
        // It is named once.
        let _ = self.0.node.set(Arc::downgrade(node));
    }

    /// Makes the rule for what the producer at an address may send: only to consumers of its own
    /// id or of its spawner's.
    ///
    /// It belongs on the address of whatever brings messages in, as its outgoing access control.
    /// A message that it refuses is a dead letter, and nothing is sent back.
    ///
    /// ```
    /// # use ockam_node::{NodeBuilder, DeadLetterReason};
    /// # use ockam_core::{AllowAll, DenyAll, ErrorKind};
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// let mut ctx = NodeBuilder::new().build()?;
    /// let flows = ctx.flow_controls();
    /// let id = flows.generate_flow_control_id();
    /// flows.add_producer("receiver", &id, None, vec![]);
    /// let receiver = ctx.new_detached("receiver", DenyAll, flows.gate("receiver")).await?;
    /// assert_eq!(receiver.send("app", 7u8).await.unwrap_err().kind(), ErrorKind::Denied);
    /// assert_eq!(ctx.dead_letters().count(DeadLetterReason::Denied), 1);
    /// flows.add_consumer("app", &id);
    /// receiver.send("app", 8u8).await?;
    /// assert_eq!(ctx.receive::<u8>().await?.body(), 8);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn gate(&self, producer: impl Into<Address>) -> FlowGate {
        FlowGate::new(self.clone(), producer.into())
    }

    /// Makes a worker reachable for the producers of an id, and of the spawner with that id.
    ///
    /// The worker may be started later. With `std`, if there is none at the address and one with a
    /// similar name, the log has a line at INFO that names both.
    pub fn add_consumer(&self, address: impl Into<Address>, id: &FlowControlId) {
        let address = address.into();
        #[cfg(feature = "std")]
        if tracing::enabled!(tracing::Level::INFO) {
            self.hint(&address);
        }
        // What the gates remember is what they allowed, so they need not hear of it.
        self.write(|state| state.table.add_consumer(address, id));
    }

    /// Registers an address that brings messages in, under an id of its own.
    ///
    /// Additional addresses are those at which local workers send into the flow, such as the
    /// sender of a connection: an ask that goes to one of them is answered through the producer.
    pub fn add_producer(
        &self,
        address: impl Into<Address>,
        id: &FlowControlId,
        spawner: Option<&FlowControlId>,
        additional_addresses: Vec<Address>,
    ) {
        let address = address.into();
        self.write(|state| {
            // The address has a new life: what ended there before is no news any more.
            state
                .ended
                .retain(|(ended, _)| *ended != address && !additional_addresses.contains(ended));
            state.table.add_producer(address, id, spawner, additional_addresses);
            self.changed(state);
        });
    }

    /// Says that what a producer brings in comes from a peer that the node knows: one that is let
    /// know more than a stranger, see [`Audience::Known`](crate::Audience::Known). It ends with the
    /// flow.
    ///
    /// A secure channel does so itself if its trust policy is selective. A program that knows who is at
    /// the other end of a connection says so here, with the address of its receiver or of its sender.
    #[cfg(feature = "std")]
    pub fn add_known_peer(&self, producer: &Address) {
        self.with(|state| {
            if let Some(flow) = state.flow_of(producer) {
                state.known_peers.insert(flow);
            }
        });
    }

    /// Tells whether the peer behind a producer is one that the node knows.
    #[cfg(feature = "std")]
    pub(crate) fn is_known_peer(&self, producer: &Address) -> bool {
        let is_known =
            |state: &mut State| Some(state.known_peers.contains(&state.flow_of(producer)?));
        self.with(|state| is_known(state).unwrap_or(false))
    }

    /// Registers an address that creates producers.
    pub fn add_spawner(&self, address: impl Into<Address>, id: &FlowControlId) {
        let address = address.into();
        self.write(|state| state.table.add_spawner(address, id));
    }

    /// Finds the flow that an address produces.
    #[must_use]
    pub fn find_flow_control_with_producer_address(
        &self,
        address: &Address,
    ) -> Option<ProducerInfo> {
        self.with(|state| state.table.find_flow_control_with_producer_address(address).cloned())
    }

    /// Finds the flow that an address spawns.
    #[must_use]
    pub fn find_flow_control_with_spawner_address(&self, address: &Address) -> Option<SpawnerInfo> {
        self.with(|state| state.table.find_flow_control_with_spawner_address(address).cloned())
    }

    /// Tells whether a worker is a consumer of an id.
    #[must_use]
    pub fn is_consumer(&self, address: &Address, id: &FlowControlId) -> bool {
        self.with(|state| state.table.is_consumer(address, id))
    }

    /// Tells whether a message that the producer at `producer` brought in may reach `address`: a
    /// consumer, or whoever waits for an answer over this flow.
    #[must_use]
    pub fn may_reach(&self, producer: &Address, address: &Address) -> bool {
        self.reach(producer, address) != Reach::No
    }

    /// Draws a new id.
    #[must_use]
    pub fn generate_flow_control_id(&self) -> FlowControlId {
        FlowControlId::from_random(self.0.random.draw())
    }

    /// Forgets everything about an address; the node does so when the address is stopped.
    ///
    /// Asks that wait for an answer over it go on waiting:
    /// [`end_flow`](crate::Handle::end_flow) tells them.
    pub fn remove(&self, address: &Address) {
        self.change(|flows| drop(flows.state().remove(address)));
    }

    /// As [`remove`](Self::remove). Returns the reply slots that wait for an answer over the flow
    /// that ended by it. `why` is remembered for all addresses of the producer.
    pub(crate) fn end(&self, address: &Address, why: Option<&str>) -> Vec<Address> {
        self.change(|flows| flows.end(address, why))
    }

    /// Tells whether an address belongs to something that brings messages in.
    #[cfg(feature = "std")]
    pub(crate) fn is_producer(&self, address: &Address) -> bool {
        self.with(|state| state.table.find_flow_control_with_producer_address(address).is_some())
    }

    /// Lists the reply slots that wait for an answer over the flow of a producer, or over what it
    /// carries.
    pub(crate) fn expected_over(&self, producer: &Address) -> Vec<Address> {
        self.with(|state| {
            let info = state.table.find_flow_control_with_producer_address(producer);
            info.map_or(Vec::new(), |info| state.expected_over(info.flow_control_id()))
        })
    }

    /// Tells why an address can be reached no more, if a flow ended there not long ago.
    #[cold]
    pub(crate) fn why_ended(&self, address: &Address) -> Option<String> {
        self.0.state.with(|flows| flows.as_ref()?.why_ended(address))
    }

    /// Tells whether anything brings messages in. A node without transports answers with one load.
    #[inline]
    pub(crate) fn has_producers(&self) -> bool {
        self.0.producers.load(Ordering::Relaxed) > 0
    }

    /// Tells the log of a consumer whose name may be misspelt.
    #[cfg(feature = "std")]
    #[cold]
    fn hint(&self, address: &Address) {
        let Some(node) = self.0.node.get().and_then(Weak::upgrade) else { return };
        // What has a random name is no name that somebody has written.
        if address.is_random_name() || node.find(address).is_some() {
            return;
        }
        if let Some(similar) = suggest::nearest(&node, address) {
            tracing::info!(
                %address, %similar,
                "a consumer was added, and no worker is at its address yet: is the name right?"
            );
        }
    }

    fn reach(&self, producer: &Address, address: &Address) -> Reach {
        self.with(|state| state.may_reach(producer, address))
    }

    /// Uses the state; if there is none, the answer is that of an empty one.
    fn with<R: Default>(&self, with: impl FnOnce(&mut State) -> R) -> R {
        self.0.state.with(|flows| match flows {
            Some(flows) => with(flows.state()),
            None => R::default(),
        })
    }

    /// Adds to the state, which is made if this is the first time.
    fn write<R>(&self, write: impl FnOnce(&mut State) -> R) -> R {
        self.0
            .state
            .with(|flows| write(flows.get_or_insert_with(|| Box::<State>::default()).state()))
    }

    /// Makes a change that may take something away.
    fn change<R: Default>(&self, change: impl FnOnce(&mut dyn Flows) -> R) -> R {
        self.0.state.with(|flows| {
            let Some(flows) = flows else {
                return R::default();
            };
            let changed = change(&mut **flows);
            self.changed(&**flows);
            changed
        })
    }

    /// Keeps what is read without the lock in step with the state, which is locked.
    fn changed(&self, flows: &dyn Flows) {
        self.0.producers.store(flows.producer_addresses(), Ordering::Relaxed);
        self.0.generation.fetch_add(1, Ordering::Release);
    }
}

/// Whether an address may be reached, and for how long.
#[derive(Default, PartialEq, Eq)]
enum Reach {
    #[default]
    No,
    /// Once: somebody waits there for an answer.
    Answer,
    /// Until something is taken out.
    Consumer,
}

impl Flows for State {
    fn state(&mut self) -> &mut State {
        self
    }

    fn end(&mut self, address: &Address, why: Option<&str>) -> Vec<Address> {
        let addresses: Vec<Address> = match why {
            Some(_) => self.table.additional_addresses(address).to_vec(),
            None => Vec::new(),
        };
        let Some(flow) = self.remove(address) else {
            return Vec::new();
        };
        if let Some(why) = why {
            self.remember(addresses.into_iter().chain([address.clone()]), why.into());
        }
        self.expected_over(flow.flow_control_id())
    }

    fn producer_addresses(&self) -> usize {
        self.table.producer_addresses()
    }

    fn why_ended(&self, address: &Address) -> Option<String> {
        let newest = self.ended.iter().rev().find(|(ended, _)| ended == address)?;
        Some(String::from(&*newest.1))
    }
}

impl State {
    fn may_reach(&self, producer: &Address, address: &Address) -> Reach {
        if self.table.may_reach(producer, address) {
            return Reach::Consumer;
        }
        let producer = self.table.find_flow_control_with_producer_address(producer);
        match (producer, self.expected_at(address)) {
            (Some(info), Some(expected)) if *info.flow_control_id() == expected.flow => {
                Reach::Answer
            }
            _ => Reach::No,
        }
    }

    /// Finds the way of a question whose answer comes to an address, or a notice that there is none.
    fn expected_at(&self, address: &Address) -> Option<&Way> {
        let answer = self.expected.get(address);
        #[cfg(feature = "std")]
        let answer = answer.or_else(|| self.expected.get(&address.asker_of_notice()?));
        answer
    }

    fn expected_over(&self, flow: &FlowControlId) -> Vec<Address> {
        let over = |expected: &Way| {
            expected.flow == *flow || self.carriers.goes_over(&expected.first_hop, flow)
        };
        let expected = self.expected.iter().filter(|(_, expected)| over(expected));
        expected.map(|(slot, _)| slot.clone()).collect()
    }

    /// Returns the flow to which an address of a producer belongs.
    #[cfg(feature = "std")]
    fn flow_of(&self, producer: &Address) -> Option<FlowControlId> {
        let info = self.table.find_flow_control_with_producer_address(producer);
        info.map(|info| info.flow_control_id().clone())
    }

    fn remove(&mut self, address: &Address) -> Option<ProducerInfo> {
        self.carriers.forget(address);
        for companion in self.table.additional_addresses(address) {
            self.carriers.forget(companion);
        }
        let removed = self.table.remove(address);
        #[cfg(feature = "std")]
        if let Some(removed) = &removed {
            self.known_peers.remove(removed.flow_control_id());
        }
        removed
    }

    fn remember(&mut self, addresses: impl Iterator<Item = Address>, why: Arc<str>) {
        for address in addresses {
            if self.ended.len() == ENDED_FLOWS_KEPT {
                self.ended.pop_front();
            }
            self.ended.push_back((address, Arc::clone(&why)));
        }
    }
}

impl fmt::Debug for FlowControls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FlowControls");
        let mut show = |State { table, expected, carriers, .. }: &State| {
            shown.field("table", table).field("expected", expected);
            shown.field("carriers", carriers).finish_non_exhaustive()
        };
        self.0.state.with(|flows| match flows {
            Some(flows) => show(flows.state()),
            None => show(&State::default()),
        })
    }
}
