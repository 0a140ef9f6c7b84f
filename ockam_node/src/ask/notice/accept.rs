//! Notices of failures that arrive here.

use crate::ask::remote_failure::RemoteFailure;
use crate::ask::slot::Ask;
use crate::dead_letter::DeadLetterReason;
use crate::node::Node;
use crate::program::discard;
use alloc::string::ToString;
use alloc::sync::Arc;
use ockam_core::{Address, FailureNotice, LocalMessage};

/// Finds the ask for which a message at an address is a notice.
#[cold]
pub(crate) fn asker_of(node: &Node, address: &Address) -> Option<Arc<Ask>> {
    let asker = address.asker_of_notice()?;
    node.asks.get(node.asks.hash(&asker), &asker)
}

/// Ends an ask with what a notice says. Bytes that are no notice end nothing: the answer may still
/// come.
#[cold]
pub(crate) fn accept(node: &Node, ask: &Ask, message: LocalMessage) {
    let read = match message.payload().to_bytes() {
        Ok(bytes) => FailureNotice::decode(bytes).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match read {
        Ok(notice) => {
            let route = message.return_route().clone();
            let describe = |connection: &Address| node.describe_link(connection);
            ask.fail(RemoteFailure::error(notice, route, ask.asked().clone(), describe));
        }
        Err(error) => {
            tracing::debug!(from = %message.return_route(), %error, "a notice was dropped");
            node.dead_letters.record(&message, DeadLetterReason::Undecodable);
        }
    }
    discard(message);
}
