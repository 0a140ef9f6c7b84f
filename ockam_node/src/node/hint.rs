//! Hints at names that may be misspelt.

use super::Node;
use crate::delivery::suggest;
use alloc::sync::Arc;
use ockam_core::Address;

impl Node {
    /// Lets the flow controls tell the log of consumers whose names may be misspelt.
    pub(crate) fn hint_at_consumers(self: &Arc<Self>) {
        let node = Arc::downgrade(self);
        self.flow_controls.set_hint(move |address| {
            if let Some(node) = node.upgrade() {
                node.hint_at_consumer(address);
            }
        });
    }

    /// Tells the log of a consumer whose name may be misspelt.
    #[cold]
    fn hint_at_consumer(&self, address: &Address) {
        // What has a random name is no name that somebody has written.
        if address.is_random_name() || self.find(address).is_some() {
            return;
        }
        if let Some(similar) = suggest::nearest(&self.workers, address) {
            tracing::info!(
                %address, %similar,
                "a consumer was added, and no worker is at its address yet: is the name right?"
            );
        }
    }
}
