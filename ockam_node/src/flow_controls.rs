//! The node's flow controls: the table of the core, shared, and what becomes of flows that end.
//!
//! It owns who may be reached from outside, and remembers for a while why a connection ended. It
//! refuses to know what brings messages in, and what an ask is: it hands out addresses.

mod carrier;
mod carriers;
mod expected;
mod gate;
#[cfg(feature = "std")]
mod known;
mod state;

pub use gate::FlowGate;
pub use state::ENDED_FLOWS_KEPT;

use self::carriers::FlowExit;
use self::state::{FlowState, Flows, Reach};
use crate::random::Random;
use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use ockam_core::{Address, FlowControlId, ProducerInfo, SpawnerInfo};
#[cfg(feature = "std")]
use std::sync::OnceLock;

/// Tells the log of a consumer at an address.
#[cfg(feature = "std")]
type Hint = Box<dyn Fn(&Address) + Send + Sync>;

/// Decides which local workers a message that came from outside may reach.
///
/// A clone is another handle to the same table. See [`FlowControlTable`](ockam_core::FlowControlTable) for the rules.
#[derive(Clone)]
pub struct FlowControls(Arc<FlowsInner>);

struct FlowsInner {
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
    hint: OnceLock<Hint>,
}

impl FlowControls {
    pub(crate) fn new(random: Arc<Random>) -> Self {
        FlowControls(Arc::new(FlowsInner {
            state: Lock::new(None),
            generation: AtomicUsize::new(0),
            producers: AtomicUsize::new(0),
            random,
            #[cfg(feature = "std")]
            hint: OnceLock::new(),
        }))
    }

    /// Sets what tells the log of a consumer whose name may be misspelt.
    #[cfg(feature = "std")]
    pub(crate) fn set_hint(&self, hint: impl Fn(&Address) + Send + Sync + 'static) {
        // It is set once.
        let _ = self.0.hint.set(Box::new(hint));
    }

    /// Makes a worker reachable for the producers of an id, and of the spawner with that id.
    ///
    /// The worker may be started later. With `std`, if there is none at the address and one with a
    /// similar name, the log has a line at INFO that names both.
    pub fn add_consumer(&self, address: impl Into<Address>, id: &FlowControlId) {
        let address = address.into();
        #[cfg(feature = "std")]
        if tracing::enabled!(tracing::Level::INFO)
            && let Some(hint) = self.0.hint.get()
        {
            hint(&address);
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

    fn reach(&self, producer: &Address, address: &Address) -> Reach {
        self.with(|state| state.may_reach(producer, address))
    }

    /// Uses the state; if there is none, the answer is that of an empty one.
    fn with<R: Default>(&self, with: impl FnOnce(&mut FlowState) -> R) -> R {
        self.0.state.with(|flows| match flows {
            Some(flows) => with(flows.state()),
            None => R::default(),
        })
    }

    /// Adds to the state, which is made if this is the first time.
    fn write<R>(&self, write: impl FnOnce(&mut FlowState) -> R) -> R {
        self.0
            .state
            .with(|flows| write(flows.get_or_insert_with(|| Box::<FlowState>::default()).state()))
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

impl fmt::Debug for FlowControls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FlowControls");
        let mut show = |FlowState { table, expected, carriers, .. }: &FlowState| {
            shown.field("table", table).field("expected", expected);
            shown.field("carriers", carriers).finish_non_exhaustive()
        };
        self.0.state.with(|flows| match flows {
            Some(flows) => show(flows.state()),
            None => show(&FlowState::default()),
        })
    }
}
