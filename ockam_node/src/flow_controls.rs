//! The node's flow controls: the table of the core, shared.

use crate::random::Random;
use crate::sync::Lock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use ockam_core::{Address, FlowControlId, FlowControlTable, ProducerInfo, SpawnerInfo};

/// Decides which local workers a message that came from outside may reach.
///
/// A clone is another handle to the same table. See [`FlowControlTable`] for the rules.
#[derive(Clone)]
pub struct FlowControls(Arc<Shared>);

struct Shared {
    table: Lock<FlowControlTable>,
    random: Arc<Random>,
}

impl FlowControls {
    pub(crate) fn new(random: Arc<Random>) -> Self {
        FlowControls(Arc::new(Shared { table: Lock::new(FlowControlTable::default()), random }))
    }

    /// Makes a worker reachable for the producers of an id, and of the spawner with that id.
    pub fn add_consumer(&self, address: impl Into<Address>, id: &FlowControlId) {
        let address = address.into();
        self.0.table.with(|table| table.add_consumer(address, id));
    }

    /// Registers an address that brings messages in, under an id of its own.
    pub fn add_producer(
        &self,
        address: impl Into<Address>,
        id: &FlowControlId,
        spawner: Option<&FlowControlId>,
        additional_addresses: Vec<Address>,
    ) {
        let address = address.into();
        self.0.table.with(|table| table.add_producer(address, id, spawner, additional_addresses));
    }

    /// Registers an address that creates producers.
    pub fn add_spawner(&self, address: impl Into<Address>, id: &FlowControlId) {
        let address = address.into();
        self.0.table.with(|table| table.add_spawner(address, id));
    }

    /// Finds the flow that an address produces.
    #[must_use]
    pub fn find_flow_control_with_producer_address(
        &self,
        address: &Address,
    ) -> Option<ProducerInfo> {
        self.0.table.with(|table| table.find_flow_control_with_producer_address(address).cloned())
    }

    /// Finds the flow that an address spawns.
    #[must_use]
    pub fn find_flow_control_with_spawner_address(&self, address: &Address) -> Option<SpawnerInfo> {
        self.0.table.with(|table| table.find_flow_control_with_spawner_address(address).cloned())
    }

    /// Tells whether a worker is a consumer of an id.
    #[must_use]
    pub fn is_consumer(&self, address: &Address, id: &FlowControlId) -> bool {
        self.0.table.with(|table| table.is_consumer(address, id))
    }

    /// Tells whether a message that the producer at `producer` brought in may reach `address`.
    #[must_use]
    pub fn may_reach(&self, producer: &Address, address: &Address) -> bool {
        self.0.table.with(|table| table.may_reach(producer, address))
    }

    /// Draws a new id.
    #[must_use]
    pub fn generate_flow_control_id(&self) -> FlowControlId {
        FlowControlId::from_random(self.0.random.draw())
    }

    /// Forgets everything about an address; the node does so when the address is stopped.
    pub fn remove(&self, address: &Address) {
        self.0.table.with(|table| table.remove(address));
    }
}

impl fmt::Debug for FlowControls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.table.with(|table| table.fmt(f))
    }
}
