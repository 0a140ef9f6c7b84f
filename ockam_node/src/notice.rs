//! Telling askers on other nodes that their questions have failed, and being told.
//!
//! It owns who is told, which is an asker on another node whose name asks for it, and what an asker
//! makes of it. It refuses to know the bytes of a notice (`ockam_core`) and why a question fails.
//!
//! ```text
//!   a worker fails ──> the asker is of this node: `Node::fail_ask`
//!                └──> its name asks for notices: `tell` ──> the mailbox of the connection
//!   nobody at an address ──> it is that of notices of a waiting ask: `accept` ──> the ask fails
//! ```
//!
//! To tell never waits: a notice for which the mailbox of the connection has no room is a dead
//! letter. Nothing is told of a notice, since its return route asks for none.

use crate::ask::Ask;
use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
use crate::deliver::{self, Gates};
use crate::executor::spare_message;
use crate::node::Node;
use crate::program::discard;
use crate::remote_failure::RemoteFailure;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use ockam_core::{
    Address, DecodeError, Error, FailureNotice, FailureReason, LocalMessage, Mismatch, Payload,
    RelayMessage, Route,
};

/// Tells an asker that its question was not answered by the worker of a cell. Nothing is told if it
/// did not come over a connection of this node.
#[cold]
pub(crate) fn tell(
    node: &Arc<Node>,
    cell: &Arc<Cell>,
    way_back: &Route,
    reason: FailureReason,
    error: &Error,
) {
    let Some(notices) = way_back.last().and_then(Address::notice_address) else {
        return;
    };
    if !way_back.iter().any(|hop| node.flow_controls.is_producer(hop)) {
        return;
    }
    let mut notice = FailureNotice::new(reason, error.kind());
    notice.mismatch = error.downcast_ref::<DecodeError>().map(mismatch);
    let mut onward = way_back.clone();
    onward.pop_back();
    onward.push_back(notices);
    let payload = Payload::from(notice.encode());
    let message = spare_message().fill(onward, cell.address(), payload);
    send(node, cell, message);
}

fn mismatch(error: &DecodeError) -> Mismatch {
    let (len, left_over) = (error.body_len() as u64, error.left_over().map(|left| left as u64));
    Mismatch { expected: error.expected().to_string(), len, left_over }
}

/// Puts a notice into the mailbox of a connection, as its worker would an answer, without waiting.
fn send(node: &Arc<Node>, cell: &Cell, message: LocalMessage) {
    let first = message.onward_route().first().cloned().unwrap_or_default();
    let source = cell.mailboxes().primary();
    let Some(connection) = node.find(&first) else {
        return lost(node, message, DeadLetterReason::NotFound);
    };
    let mailbox = connection.mailboxes().one_of(&first);
    let passage = RelayMessage::new(source.address(), &first, &message);
    if !matches!(deliver::gates(node, source, mailbox, passage), Gates::Open) {
        return lost(node, message, DeadLetterReason::Denied);
    }
    match deliver::push(node, &connection, message) {
        Ok(None) => {}
        Ok(Some(message)) => lost(node, message, DeadLetterReason::Stalled),
        Err(message) => lost(node, message, DeadLetterReason::Stopped),
    }
}

/// Accounts for a notice that is not sent.
fn lost(node: &Node, message: LocalMessage, reason: DeadLetterReason) {
    tracing::debug!(onward_route = %message.onward_route(), %reason, "an asker is not told");
    node.dead_letters.record(&message, reason);
    discard(message);
}

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
            ask.fail(RemoteFailure::error(notice, route, ask.asked().clone()));
        }
        Err(error) => {
            tracing::debug!(from = %message.return_route(), %error, "a notice was dropped");
            node.dead_letters.record(&message, DeadLetterReason::Undecodable);
        }
    }
    discard(message);
}

/// The way back to the asker of the message from outside that a context handles, kept from one to the
/// next.
pub(crate) type WayBack = Option<Box<Route>>;

/// Keeps the way back to the asker of a message from outside, in a place that may be there already.
/// There is none if the asker does not read notices.
#[inline]
pub(crate) fn keep(place: &mut WayBack, message: &LocalMessage, asker: &Address) {
    let way_back = message.return_route();
    match place {
        none if !asker.may_be_told() => *none = None,
        Some(known) => (**known).clone_from(way_back),
        none => *none = Some(Box::new(way_back.clone())),
    }
}
