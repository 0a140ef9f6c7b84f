//! What a connection shares with others that its listener has accepted.

use crate::budget::{Budget, Share};
use crate::link::Link;
use crate::permits::Permit;
use ockam_core::FlowControlId;
use ockam_node::ByteBudget;
use std::sync::Arc;

/// What the connections of one listener share.
pub(crate) struct Accepted {
    /// The flow of the listener.
    pub(crate) spawner: FlowControlId,
    pub(crate) permit: Permit,
    pub(crate) budget: Arc<Budget>,
    /// What all of them hold of messages that wait.
    pub(crate) queued: ByteBudget,
}

impl Accepted {
    /// Makes the share of a connection in what the listener holds of large frames.
    pub(crate) fn share(&self, link: &Arc<Link>) -> Share {
        Share::new(&self.budget, Arc::downgrade(link))
    }
}
