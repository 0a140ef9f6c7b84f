//! Flow control: which local workers a message that came from outside may reach.
//!
//! Three roles: a **producer** is an address that brings messages in (a connection's receiver, a
//! channel's decryptor); a **spawner** creates producers (a listener); a **consumer** is a worker
//! that agreed to be reached. A producer's messages go only to consumers of its own id or of the
//! id of its spawner. This is the table alone; the node puts a lock around it.

use crate::Address;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Names one flow of messages: all that one producer brings in, or all producers of one spawner.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowControlId(String);

impl FlowControlId {
    /// Makes an id from 128 random bits, as 32 hex digits.
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        Address::from_random(crate::LOCAL, bits).address().into()
    }

    /// Returns the text of the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for FlowControlId {
    fn from(text: &str) -> Self {
        FlowControlId(text.into())
    }
}

impl From<&FlowControlId> for FlowControlId {
    fn from(id: &FlowControlId) -> Self {
        id.clone()
    }
}

impl fmt::Display for FlowControlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FlowControlId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is known about a producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerInfo {
    flow_control_id: FlowControlId,
    spawner_flow_control_id: Option<FlowControlId>,
}

impl ProducerInfo {
    /// Returns the id of the producer's own flow.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow_control_id
    }

    /// Lists the ids whose consumers the producer reaches.
    fn ids(&self) -> impl Iterator<Item = &FlowControlId> {
        core::iter::once(&self.flow_control_id).chain(&self.spawner_flow_control_id)
    }

    /// Returns the id of the spawner that made the producer, if one did.
    #[must_use]
    pub fn spawner_flow_control_id(&self) -> Option<&FlowControlId> {
        self.spawner_flow_control_id.as_ref()
    }
}

/// What is known about a spawner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpawnerInfo {
    flow_control_id: FlowControlId,
}

impl SpawnerInfo {
    /// Returns the id of the flows that the spawner's producers share.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow_control_id
    }
}

/// Keeps the three roles and answers who may reach whom.
///
/// ```
/// use ockam_core::{FlowControlId, FlowControlTable};
///
/// let mut flows = FlowControlTable::default();
/// let (listener, connection) = (FlowControlId::from("l"), FlowControlId::from("c"));
/// flows.add_producer("receiver".into(), &connection, Some(&listener), vec![]);
/// assert!(!flows.may_reach(&"receiver".into(), &"echoer".into()));
/// flows.add_consumer("echoer".into(), &listener);
/// assert!(flows.may_reach(&"receiver".into(), &"echoer".into()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct FlowControlTable {
    /// Every address of a producer leads to the same info.
    producers: BTreeMap<Address, ProducerInfo>,
    /// The further addresses of every producer, if only none, so that its end takes them along.
    companions: BTreeMap<Address, Vec<Address>>,
    spawners: BTreeMap<Address, SpawnerInfo>,
    consumers: BTreeMap<FlowControlId, BTreeSet<Address>>,
    /// How many producers have an id as their own or their spawner's, so that the end of the last
    /// one is seen without a search.
    producing: BTreeMap<FlowControlId, usize>,
    /// The ids under which an address is a consumer, for forgetting it without a search.
    consumer_of: BTreeMap<Address, BTreeSet<FlowControlId>>,
}

impl FlowControlTable {
    /// Makes a worker reachable for the producers of an id, and of the spawner with that id.
    pub fn add_consumer(&mut self, address: Address, id: &FlowControlId) {
        self.consumers.entry(id.clone()).or_default().insert(address.clone());
        self.consumer_of.entry(address).or_default().insert(id.clone());
    }

    /// Registers a producer under an id of its own, with the id of its spawner if it has one and
    /// with further addresses by which [`find_flow_control_with_producer_address`] finds it.
    ///
    /// [`find_flow_control_with_producer_address`]: Self::find_flow_control_with_producer_address
    pub fn add_producer(
        &mut self,
        address: Address,
        id: &FlowControlId,
        spawner: Option<&FlowControlId>,
        additional_addresses: Vec<Address>,
    ) {
        let info =
            ProducerInfo { flow_control_id: id.clone(), spawner_flow_control_id: spawner.cloned() };
        for id in info.ids() {
            *self.producing.entry(id.clone()).or_default() += 1;
        }
        // An address that is registered anew is one producer. It is counted off last, so that
        // its consumers stay if the id is the same.
        self.remove_producer(&address);
        for additional in &additional_addresses {
            self.producers.insert(additional.clone(), info.clone());
        }
        self.companions.insert(address.clone(), additional_addresses);
        self.producers.insert(address, info);
    }

    /// Registers a spawner.
    pub fn add_spawner(&mut self, address: Address, id: &FlowControlId) {
        self.spawners.insert(address, SpawnerInfo { flow_control_id: id.clone() });
    }

    /// Finds the flow that an address produces: its own, or that of a producer of which it is an
    /// additional address (a connection's sender, say).
    #[must_use]
    pub fn find_flow_control_with_producer_address(
        &self,
        address: &Address,
    ) -> Option<&ProducerInfo> {
        self.producers.get(address)
    }

    /// Finds the flow that an address spawns.
    #[must_use]
    pub fn find_flow_control_with_spawner_address(
        &self,
        address: &Address,
    ) -> Option<&SpawnerInfo> {
        self.spawners.get(address)
    }

    /// Tells whether a worker is a consumer of an id.
    #[must_use]
    pub fn is_consumer(&self, address: &Address, id: &FlowControlId) -> bool {
        self.consumers.get(id).is_some_and(|consumers| consumers.contains(address))
    }

    /// Tells whether a message that the producer at `producer` brought in may reach `address`.
    #[must_use]
    pub fn may_reach(&self, producer: &Address, address: &Address) -> bool {
        let Some(info) = self.producers.get(producer) else {
            return false;
        };
        info.ids().any(|id| self.is_consumer(address, id))
    }

    /// Lists the further addresses with which a producer was registered.
    #[must_use]
    pub fn additional_addresses(&self, producer: &Address) -> &[Address] {
        self.companions.get(producer).map_or(&[], Vec::as_slice)
    }

    /// Counts the addresses of producers, additional ones included.
    #[must_use]
    pub fn producer_addresses(&self) -> usize {
        self.producers.len()
    }

    /// Forgets everything about an address. Returns the flow that it produced, if it did: that
    /// flow has ended.
    ///
    /// With the last producer of an id its consumers are forgotten as well, unless a spawner goes
    /// on making producers: nobody could reach them under that id any more.
    pub fn remove(&mut self, address: &Address) -> Option<ProducerInfo> {
        let ended = self.remove_producer(address);
        self.spawners.remove(address);
        for id in self.consumer_of.remove(address).unwrap_or_default() {
            let emptied = self.consumers.get_mut(&id).is_some_and(|consumers| {
                consumers.remove(address);
                consumers.is_empty()
            });
            if emptied {
                self.consumers.remove(&id);
            }
        }
        ended
    }

    fn remove_producer(&mut self, address: &Address) -> Option<ProducerInfo> {
        let ended = self.producers.remove(address)?;
        // An additional address has no companions and counts for nothing.
        let Some(companions) = self.companions.remove(address) else {
            return Some(ended);
        };
        for companion in companions {
            self.producers.remove(&companion);
        }
        for id in ended.ids() {
            self.end_of_a_producer(id);
        }
        Some(ended)
    }

    /// Counts a producer of an id off, and forgets the consumers of an id that has none left.
    fn end_of_a_producer(&mut self, id: &FlowControlId) {
        if let Some(count) = self.producing.get_mut(id) {
            *count -= 1;
            if *count > 0 {
                return;
            }
            self.producing.remove(id);
        }
        if self.spawners.values().any(|spawner| spawner.flow_control_id == *id) {
            return;
        }
        for consumer in self.consumers.remove(id).unwrap_or_default() {
            let emptied = self.consumer_of.get_mut(&consumer).is_some_and(|ids| {
                ids.remove(id);
                ids.is_empty()
            });
            if emptied {
                self.consumer_of.remove(&consumer);
            }
        }
    }

    /// Tells whether nothing is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty() && self.spawners.is_empty() && self.consumer_of.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{FlowControlId, FlowControlTable};
    use alloc::vec;

    #[test]
    fn a_producer_reaches_consumers_of_its_own_and_of_its_spawner_and_no_others() {
        let mut flows = FlowControlTable::default();
        let ids = ["own", "spawner", "other"].map(FlowControlId::from);
        flows.add_producer("p".into(), &ids[0], Some(&ids[1]), vec!["s".into()]);
        for (address, id) in ["a", "b", "c"].into_iter().zip(&ids) {
            flows.add_consumer(address.into(), id);
        }
        let reached = ["a", "b", "c"].map(|a| flows.may_reach(&"p".into(), &a.into()));
        assert_eq!(reached, [true, true, false]);
        assert!(!flows.may_reach(&"nobody".into(), &"a".into()));
        let found = flows.find_flow_control_with_producer_address(&"s".into());
        assert_eq!(found.map(|info| info.flow_control_id()), Some(&ids[0]));
    }

    #[test]
    fn removing_addresses_leaves_nothing_behind() {
        let mut flows = FlowControlTable::default();
        let id = FlowControlId::from("f");
        flows.add_producer("p".into(), &id, None, vec!["s".into()]);
        flows.add_spawner("l".into(), &id);
        flows.add_consumer("c".into(), &id);
        assert_eq!(flows.producer_addresses(), 2);
        assert_eq!(flows.additional_addresses(&"p".into()), ["s".into()]);
        let ended = ["p", "l", "c"].map(|address| flows.remove(&address.into()));
        assert_eq!(ended.map(|flow| flow.is_some()), [true, false, false]);
        assert!(flows.is_empty() && flows.consumers.is_empty() && flows.producing.is_empty());
        assert_eq!(flows.producer_addresses(), 0);
    }

    #[test]
    fn the_end_of_a_flow_takes_its_consumers_along_and_leaves_those_of_a_living_spawner() {
        let mut flows = FlowControlTable::default();
        let ids = ["one", "other", "listener"].map(FlowControlId::from);
        flows.add_spawner("l".into(), &ids[2]);
        flows.add_producer("p".into(), &ids[0], Some(&ids[2]), vec!["ps".into()]);
        flows.add_producer("q".into(), &ids[1], Some(&ids[2]), vec![]);
        for id in &ids {
            flows.add_consumer("c".into(), id);
        }
        // Registered again, it keeps its consumers.
        flows.add_producer("p".into(), &ids[0], Some(&ids[2]), vec!["ps".into()]);
        assert!(flows.is_consumer(&"c".into(), &ids[0]));

        flows.remove(&"p".into());
        let is_consumer = ids.each_ref().map(|id| flows.is_consumer(&"c".into(), id));
        assert_eq!(is_consumer, [false, true, true]);
        flows.remove(&"q".into());
        assert!(flows.is_consumer(&"c".into(), &ids[2]), "the listener goes on");
        for address in ["l", "c"] {
            flows.remove(&address.into());
        }
        assert!(flows.is_empty() && flows.consumers.is_empty() && flows.producing.is_empty());
    }

    #[test]
    fn connections_that_come_and_go_leave_nothing_at_a_consumer_that_stays() {
        let mut flows = FlowControlTable::default();
        for number in 0..100 {
            let id = FlowControlId::from(alloc::format!("{number}").as_str());
            flows.add_producer("p".into(), &id, None, vec![]);
            flows.add_consumer("c".into(), &id);
            flows.remove(&"p".into());
        }
        assert!(flows.is_empty() && flows.consumers.is_empty());
    }
}
