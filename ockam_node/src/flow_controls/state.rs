//! The state of the flow controls, as one lock protects it.

use super::carriers::{Carriers, FlowExit};
#[cfg(feature = "std")]
use alloc::collections::BTreeSet;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{Address, FlowControlId, FlowControlTable, ProducerInfo};

/// Of how many addresses the node remembers why they can be reached no more.
pub const ENDED_FLOWS_KEPT: usize = 64;

/// The state as the rest of the node sees it. A program that registers nothing, such as that of a
/// board without a transport, has neither the table nor its code.
pub(super) trait Flows: Send {
    fn state(&mut self) -> &mut FlowState;

    /// Ends the flow of a producer; see [`FlowControls::end`].
    fn end(&mut self, address: &Address, why: Option<&str>) -> Vec<Address>;

    fn producer_addresses(&self) -> usize;

    fn why_ended(&self, address: &Address) -> Option<String>;
}

#[derive(Default)]
pub(super) struct FlowState {
    pub(super) table: FlowControlTable,
    /// The reply slots of asks that went out, with the ways of the questions: the answer may come
    /// over the same flow.
    pub(super) expected: BTreeMap<Address, FlowExit>,
    pub(super) carriers: Carriers,
    /// The flows of peers that the node knows.
    #[cfg(feature = "std")]
    pub(super) known_peers: BTreeSet<FlowControlId>,
    /// Oldest first.
    pub(super) ended: VecDeque<(Address, Arc<str>)>,
}

/// Whether an address may be reached, and for how long.
#[derive(Default, PartialEq, Eq)]
pub(super) enum Reach {
    #[default]
    No,
    /// Once: somebody waits there for an answer.
    Answer,
    /// Until something is taken out.
    Consumer,
}

impl Flows for FlowState {
    fn state(&mut self) -> &mut FlowState {
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

impl FlowState {
    pub(super) fn may_reach(&self, producer: &Address, address: &Address) -> Reach {
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
    fn expected_at(&self, address: &Address) -> Option<&FlowExit> {
        let answer = self.expected.get(address);
        #[cfg(feature = "std")]
        let answer = answer.or_else(|| self.expected.get(&address.asker_of_notice()?));
        answer
    }

    pub(super) fn expected_over(&self, flow: &FlowControlId) -> Vec<Address> {
        let over = |expected: &FlowExit| {
            expected.flow == *flow || self.carriers.goes_over(&expected.first_hop, flow)
        };
        let expected = self.expected.iter().filter(|(_, expected)| over(expected));
        expected.map(|(slot, _)| slot.clone()).collect()
    }

    pub(super) fn remove(&mut self, address: &Address) -> Option<ProducerInfo> {
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
