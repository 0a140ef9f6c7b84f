//! Peers that the node knows.

use super::FlowControls;
use super::state::FlowState;
use ockam_core::{Address, FlowControlId};

impl FlowControls {
    /// Says that what a producer brings in comes from a peer that the node knows: one that is let
    /// know more than a stranger, see [`Audience::Known`](crate::Audience::Known). It ends with the
    /// flow.
    ///
    /// A secure channel does so itself if its trust policy is selective. A program that knows who is at
    /// the other end of a connection says so here, with the address of its receiver or of its sender.
    pub fn add_known_peer(&self, producer: &Address) {
        self.with(|state| {
            if let Some(flow) = state.flow_of(producer) {
                state.known_peers.insert(flow);
            }
        });
    }

    /// Tells whether the peer behind a producer is one that the node knows.
    pub(crate) fn is_known_peer(&self, producer: &Address) -> bool {
        let is_known =
            |state: &mut FlowState| Some(state.known_peers.contains(&state.flow_of(producer)?));
        self.with(|state| is_known(state).unwrap_or(false))
    }
}

impl FlowState {
    /// Returns the flow to which an address of a producer belongs.
    fn flow_of(&self, producer: &Address) -> Option<FlowControlId> {
        let info = self.table.find_flow_control_with_producer_address(producer);
        info.map(|info| info.flow_control_id().clone())
    }
}
