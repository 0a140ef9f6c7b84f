//! Flow controls: which workers of this node a message from another node may reach.
//!
//! A connection or channel is a *producer* with a [`FlowControlId`]; its messages reach the workers that are
//! *consumers* of this id, or of the id of the listener that made it, its *spawner*.

pub use ockam_core::{FlowControlId, ProducerInfo, SpawnerInfo};
/// The name that [`FlowGate`] has in programs of 2023.
#[doc(no_inline)]
pub use ockam_node::FlowGate as FlowControlOutgoingAccessControl;
pub use ockam_node::{ENDED_FLOWS_KEPT, FlowControls, FlowGate};
