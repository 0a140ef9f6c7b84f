//! The names of flows, and what is known about those who bring messages in: plain data. Who may reach
//! whom is not known here.

use crate::Address;
use alloc::string::String;
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
    pub(super) flow_control_id: FlowControlId,
    pub(super) spawner_flow_control_id: Option<FlowControlId>,
}

impl ProducerInfo {
    /// Lists the ids whose consumers the producer reaches.
    pub(super) fn ids(&self) -> impl Iterator<Item = &FlowControlId> {
        core::iter::once(&self.flow_control_id).chain(&self.spawner_flow_control_id)
    }

    /// Returns the id of the producer's own flow.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow_control_id
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
    pub(super) flow_control_id: FlowControlId,
}

impl SpawnerInfo {
    /// Returns the id of the flows that the spawner's producers share.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow_control_id
    }
}
