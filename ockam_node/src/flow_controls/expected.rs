//! Answers that are expected from outside.

use super::{FlowControls, FlowExit};
use ockam_core::Address;

impl FlowControls {
    /// Lets the answer to a message that goes to `first_hop` in, if that is an address of a
    /// producer; `true` if it is, and then [`unexpect`](Self::unexpect) has to follow.
    #[cold]
    pub(crate) fn expect(&self, slot: &Address, first_hop: &Address) -> bool {
        // One lock for both: once it is expected, the end of the flow finds it.
        self.with(|state| {
            let info = state.table.find_flow_control_with_producer_address(first_hop);
            let Some(flow) = info.map(|info| info.flow_control_id().clone()) else {
                return false;
            };
            let first_hop = first_hop.clone();
            state.expected.insert(slot.clone(), FlowExit { first_hop, flow });
            true
        })
    }

    /// Returns the hop by which the question went out whose answer is expected at an address.
    #[cold]
    pub(crate) fn expected_over_hop(&self, slot: &Address) -> Option<Address> {
        self.with(|state| Some(state.expected.get(slot)?.first_hop.clone()))
    }

    /// Ends what [`expect`](Self::expect) began.
    #[cold]
    pub(crate) fn unexpect(&self, slot: &Address) {
        self.with(|state| state.expected.remove(slot));
    }
}
