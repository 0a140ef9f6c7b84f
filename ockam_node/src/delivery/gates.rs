//! The last steps into a mailbox: both access controls, and the push.

use crate::cell::{Cell, Pushed};
use crate::delivery::access;
use crate::node::Node;
use crate::program::wake;
use alloc::sync::Arc;
use ockam_core::{Authorization, LocalMessage, Mailbox, RelayMessage};

/// What the access controls of both ends say.
pub(crate) enum Gates {
    Open,
    ClosedOut,
    ClosedIn,
    /// At least one of them takes its time.
    Slow,
}

/// Asks the sender's outgoing and the recipient's incoming access control.
#[inline]
pub(crate) fn both(
    node: &Node,
    source: &Mailbox,
    recipient: &Mailbox,
    passage: RelayMessage<'_>,
) -> Gates {
    match way_out(node, source, passage) {
        Gates::Open => {}
        closed => return closed,
    }
    match access::incoming(node, recipient, passage) {
        Authorization::Allowed => Gates::Open,
        Authorization::Denied => Gates::ClosedIn,
        Authorization::Later(_) => Gates::Slow,
    }
}

/// Asks the sender's outgoing access control.
#[inline]
pub(crate) fn way_out(node: &Node, source: &Mailbox, passage: RelayMessage<'_>) -> Gates {
    match access::outgoing(node, source, passage) {
        Authorization::Allowed => Gates::Open,
        Authorization::Denied => Gates::ClosedOut,
        Authorization::Later(_) => Gates::Slow,
    }
}

/// Adds a message to a mailbox and sees to it that somebody takes it out. Gives it back in `Ok`
/// if there is no room, in `Err` if the worker has stopped.
#[inline]
pub(crate) fn push(
    node: &Arc<Node>,
    cell: &Arc<Cell>,
    message: LocalMessage,
) -> Result<Option<LocalMessage>, LocalMessage> {
    match cell.push(message, &node.drain) {
        Pushed::Done(waker) => {
            wake(waker);
            Ok(None)
        }
        Pushed::Awaken(sleeping) => {
            sleeping.awaken(node, Arc::clone(cell));
            Ok(None)
        }
        Pushed::Full(message) => Ok(Some(message)),
        Pushed::Closed(message) => Err(message),
    }
}
