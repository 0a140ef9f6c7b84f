//! Answers that are expected from outside.

use super::FlowControls;
use ockam_core::{Address, FlowControlId};

/// The way of a question that went out.
pub(super) struct Expected {
    /// The flow over which the answer may come.
    pub(super) flow: FlowControlId,
    pub(super) first_hop: Address,
}

impl FlowControls {
    /// Lets the answer to a message that goes to `first_hop` in, if that is an address of a
    /// producer; `true` if it is, and then [`unexpect`](Self::unexpect) has to follow.
    #[cold]
    pub(crate) fn expect(&self, slot: &Address, first_hop: &Address) -> bool {
        // One lock for both: once it is expected, the end of the flow finds it.
        self.0.state.with(|flows| {
            let Some(flows) = flows else {
                return false;
            };
            let state = flows.state();
            let info = state.table.find_flow_control_with_producer_address(first_hop);
            let Some(flow) = info.map(|info| info.flow_control_id().clone()) else {
                return false;
            };
            let first_hop = first_hop.clone();
            state.expected.insert(slot.clone(), Expected { flow, first_hop });
            true
        })
    }

    /// Ends what [`expect`](Self::expect) began.
    #[cold]
    pub(crate) fn unexpect(&self, slot: &Address) {
        self.0
            .state
            .with(|flows| flows.as_mut().and_then(|flows| flows.state().expected.remove(slot)));
    }
}
