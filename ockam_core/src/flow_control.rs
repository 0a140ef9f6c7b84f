//! Flow control: which local workers a message that came from outside may reach.
//!
//! Three roles: a **producer** is an address that brings messages in (a connection's receiver, a
//! channel's decryptor); a **spawner** creates producers (a listener); a **consumer** is a worker
//! that agreed to be reached. A producer's messages go only to consumers of its own id or of the
//! id of its spawner. This is the table alone; the node puts a lock around it.

mod info;

pub use info::{FlowControlId, ProducerInfo, SpawnerInfo};

use crate::Address;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

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
    addresses: BTreeMap<Address, Roles>,
    flows: BTreeMap<FlowControlId, Flow>,
    /// How many addresses have the role of a producer.
    producers: usize,
}

/// What one address is.
#[derive(Clone, Debug, Default)]
struct Roles {
    producer: Option<ProducerInfo>,
    /// The further addresses of a producer, so that its end takes them along; nothing for those
    /// addresses themselves.
    companions: Option<Vec<Address>>,
    spawner: Option<SpawnerInfo>,
    /// In order, so that the worker behind many connections is found as fast as others.
    consumer_of: Vec<FlowControlId>,
}

impl Roles {
    fn is_none(&self) -> bool {
        self.producer.is_none() && self.spawner.is_none() && self.consumer_of.is_empty()
    }
}

/// What is known under one id, so that the end of the last producer finds its consumers without a
/// search.
#[derive(Clone, Debug, Default)]
struct Flow {
    /// How many producers have the id as their own or as their spawner's.
    producers: usize,
    spawners: usize,
    consumers: BTreeSet<Address>,
}

impl Flow {
    fn is_none(&self) -> bool {
        self.producers == 0 && self.spawners == 0 && self.consumers.is_empty()
    }
}

impl FlowControlTable {
    /// Makes a worker reachable for the producers of an id, and of the spawner with that id.
    pub fn add_consumer(&mut self, address: Address, id: &FlowControlId) {
        self.flows.entry(id.clone()).or_default().consumers.insert(address.clone());
        let ids = &mut self.addresses.entry(address).or_default().consumer_of;
        if let Err(place) = ids.binary_search(id) {
            ids.insert(place, id.clone());
        }
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
            self.flows.entry(id.clone()).or_default().producers += 1;
        }
        // An address that is registered anew is one producer. It is counted off last, so that its
        // consumers stay if the id is the same.
        self.remove_producer(&address);
        for additional in &additional_addresses {
            self.set_producer(additional.clone(), info.clone());
        }
        self.set_producer(address, info).companions = Some(additional_addresses);
    }

    fn set_producer(&mut self, address: Address, info: ProducerInfo) -> &mut Roles {
        let roles = self.addresses.entry(address).or_default();
        self.producers += usize::from(roles.producer.is_none());
        roles.producer = Some(info);
        roles
    }

    /// Registers a spawner.
    pub fn add_spawner(&mut self, address: Address, id: &FlowControlId) {
        self.flows.entry(id.clone()).or_default().spawners += 1;
        let roles = self.addresses.entry(address).or_default();
        if let Some(old) = roles.spawner.replace(SpawnerInfo { flow_control_id: id.clone() }) {
            self.end_of_a_spawner(&old);
        }
    }

    /// Finds the flow that an address produces: its own, or that of a producer of which it is an
    /// additional address (a connection's sender, say).
    #[must_use]
    pub fn find_flow_control_with_producer_address(
        &self,
        address: &Address,
    ) -> Option<&ProducerInfo> {
        self.addresses.get(address)?.producer.as_ref()
    }

    /// Finds the flow that an address spawns.
    #[must_use]
    pub fn find_flow_control_with_spawner_address(
        &self,
        address: &Address,
    ) -> Option<&SpawnerInfo> {
        self.addresses.get(address)?.spawner.as_ref()
    }

    /// Tells whether a worker is a consumer of an id.
    #[must_use]
    pub fn is_consumer(&self, address: &Address, id: &FlowControlId) -> bool {
        self.addresses.get(address).is_some_and(|roles| roles.consumer_of.binary_search(id).is_ok())
    }

    /// Tells whether a message that the producer at `producer` brought in may reach `address`.
    #[must_use]
    pub fn may_reach(&self, producer: &Address, address: &Address) -> bool {
        let Some(info) = self.find_flow_control_with_producer_address(producer) else {
            return false;
        };
        info.ids().any(|id| self.is_consumer(address, id))
    }

    /// Lists the further addresses with which a producer was registered.
    #[must_use]
    pub fn additional_addresses(&self, producer: &Address) -> &[Address] {
        let roles = self.addresses.get(producer);
        roles.and_then(|roles| roles.companions.as_deref()).unwrap_or_default()
    }

    /// Counts the addresses of producers, additional ones included.
    #[must_use]
    pub fn producer_addresses(&self) -> usize {
        self.producers
    }

    /// Forgets everything about an address. Returns the flow that it produced, if it did: that
    /// flow has ended.
    ///
    /// With the last producer of an id its consumers are forgotten as well, unless a spawner goes
    /// on making producers: nobody could reach them under that id any more.
    pub fn remove(&mut self, address: &Address) -> Option<ProducerInfo> {
        let ended = self.remove_producer(address);
        let roles = self.addresses.remove(address).unwrap_or_default();
        if let Some(spawner) = &roles.spawner {
            self.end_of_a_spawner(spawner);
        }
        for id in &roles.consumer_of {
            if let Some(flow) = self.flows.get_mut(id) {
                flow.consumers.remove(address);
                self.forget_if_none(id);
            }
        }
        ended
    }

    fn remove_producer(&mut self, address: &Address) -> Option<ProducerInfo> {
        let roles = self.addresses.get_mut(address)?;
        let ended = roles.producer.take()?;
        self.producers -= 1;
        // An additional address has no companions and counts for nothing.
        let Some(companions) = roles.companions.take() else {
            return Some(ended);
        };
        for companion in companions {
            let Some(roles) = self.addresses.get_mut(&companion) else { continue };
            self.producers -= usize::from(roles.producer.take().is_some());
            if roles.is_none() {
                self.addresses.remove(&companion);
            }
        }
        for id in ended.ids() {
            self.end_of_a_producer(id);
        }
        Some(ended)
    }

    /// Counts a producer of an id off, and forgets the consumers of an id that has none left.
    fn end_of_a_producer(&mut self, id: &FlowControlId) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        flow.producers -= 1;
        if flow.producers > 0 || flow.spawners > 0 {
            return;
        }
        for consumer in core::mem::take(&mut flow.consumers) {
            let Some(roles) = self.addresses.get_mut(&consumer) else { continue };
            roles.consumer_of.retain(|known| known != id);
            if roles.is_none() {
                self.addresses.remove(&consumer);
            }
        }
        self.flows.remove(id);
    }

    fn end_of_a_spawner(&mut self, spawner: &SpawnerInfo) {
        if let Some(flow) = self.flows.get_mut(&spawner.flow_control_id) {
            flow.spawners -= 1;
            self.forget_if_none(&spawner.flow_control_id);
        }
    }

    fn forget_if_none(&mut self, id: &FlowControlId) {
        if self.flows.get(id).is_some_and(Flow::is_none) {
            self.flows.remove(id);
        }
    }

    /// Tells whether nothing is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.flows.is_empty()
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
    fn what_is_registered_is_found_with_its_ids() {
        let mut flows = FlowControlTable::default();
        let ids = ["own", "listener"].map(FlowControlId::from);
        flows.add_spawner("l".into(), &ids[1]);
        flows.add_producer("p".into(), &ids[0], Some(&ids[1]), vec![]);
        assert!(!flows.is_empty());
        let producer = flows.find_flow_control_with_producer_address(&"p".into());
        let spawner_id = producer.and_then(|info| info.spawner_flow_control_id());
        assert_eq!(spawner_id, Some(&ids[1]));
        let spawner = flows.find_flow_control_with_spawner_address(&"l".into());
        assert_eq!(spawner.map(|info| info.flow_control_id()), Some(&ids[1]));
        assert!(flows.find_flow_control_with_spawner_address(&"p".into()).is_none());
        assert_eq!((ids[0].as_str(), alloc::format!("{}", ids[0]).as_str()), ("own", "own"));
        assert!(alloc::format!("{:?}", ids[0]).contains("own"));
    }

    #[test]
    fn a_table_with_a_flow_or_with_an_address_is_not_empty() {
        let id = FlowControlId::from("f");
        let mut flows = FlowControlTable::default();
        flows.add_consumer("c".into(), &id);
        assert!(!flows.is_empty());
        let mut flows = FlowControlTable::default();
        flows.add_producer("p".into(), &id, None, vec![]);
        assert!(!flows.is_empty());
    }

    #[test]
    fn a_consumer_that_was_registered_before_the_producer_is_forgotten_with_it() {
        let mut flows = FlowControlTable::default();
        let id = FlowControlId::from("f");
        for consumer in ["c", "d"] {
            flows.add_consumer(consumer.into(), &id);
        }
        flows.remove(&"c".into());
        flows.add_producer("p".into(), &id, None, vec![]);
        assert!(flows.may_reach(&"p".into(), &"d".into()));
        flows.remove(&"p".into());
        assert!(flows.is_empty());
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
        assert!(flows.is_empty());
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
        assert!(flows.is_empty());
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
        assert!(flows.is_empty());
    }
}
