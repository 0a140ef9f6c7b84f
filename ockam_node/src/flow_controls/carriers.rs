//! The ways of channels: what carries whom.

use alloc::collections::BTreeMap;
use ockam_core::{Address, FlowControlId};

/// The first hop of a way out of the node, and the flow to which it belongs.
#[derive(Debug)]
pub(super) struct FlowExit {
    pub(super) first_hop: Address,
    pub(super) flow: FlowControlId,
}

/// The ways of channels, by the addresses at which local workers send into them. There is no
/// circle in it.
#[derive(Debug, Default)]
pub(super) struct Carriers(BTreeMap<Address, FlowExit>);

impl Carriers {
    /// Takes a way, unless it would lead back to its beginning.
    pub(super) fn set(&mut self, address: Address, carrier: FlowExit) {
        let first_hop = &carrier.first_hop;
        let mut below = self.below(first_hop);
        let leads_back = *first_hop == address || below.any(|below| below.first_hop == address);
        drop(below);
        if !leads_back {
            self.0.insert(address, carrier);
        }
    }

    pub(super) fn forget(&mut self, address: &Address) {
        self.0.remove(address);
    }

    /// Tells whether what is sent to an address goes over a flow, below its own.
    pub(super) fn goes_over(&self, address: &Address, flow: &FlowControlId) -> bool {
        self.below(address).any(|carrier| carrier.flow == *flow)
    }

    /// Lists what carries an address, what carries that, and so on.
    fn below<'a>(&'a self, address: &Address) -> impl Iterator<Item = &'a FlowExit> + use<'a> {
        let first = self.0.get(address);
        core::iter::successors(first, |above| self.0.get(&above.first_hop))
    }
}
