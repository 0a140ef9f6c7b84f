//! Messages that get no further than this: the errors of their senders, and who else is told.

#[cfg(feature = "std")]
use crate::ask::notice;
use crate::cell::Cell;
#[cfg(feature = "std")]
use crate::cell::inbox::Weight;
use crate::dead_letter::DeadLetterReason;
use crate::delivery::access;
use crate::delivery::send_error::{SendError, SendErrorReason};
use crate::node::Node;
#[cfg(feature = "std")]
use crate::telling::{Telling, What};
use crate::text::text;
#[cfg(feature = "std")]
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use ockam_core::{Address, Authorization, FailureReason, LocalMessage, Mailbox, RelayMessage};

/// Says why there is no room for a message.
pub(crate) fn full(cell: &Cell, message: &LocalMessage) -> SendErrorReason {
    let (address, bounds) = (cell.address().clone(), cell.bounds());
    #[cfg(feature = "std")]
    let weight = Weight::of(message);
    #[cfg(feature = "std")]
    if let Some(held) = cell.full_of_bytes(weight) {
        let (most, len) = (cell.most_bytes(), weight.bytes());
        // What a budget that others have taken leaves is the mailbox's own bound.
        let limit = if held + len > most { most } else { bounds.bytes as usize };
        return SendErrorReason::FullOfBytes { address, held, limit, len };
    }
    #[cfg(not(feature = "std"))]
    let _ = message;
    SendErrorReason::Full { address, capacity: bounds.messages as usize }
}

#[cold]
pub(super) fn invalid_route(message: LocalMessage) -> SendError {
    let why = text(|| match message.transport().validate() {
        Err(error) if !message.onward_route().is_empty() => error.to_string(),
        _ => "the onward route is empty: it needs at least one address".to_string(),
    });
    SendError::new(SendErrorReason::InvalidRoute(why), message)
}

#[cold]
pub(super) fn not_found(node: &Arc<Node>, source: &Mailbox, message: LocalMessage) -> SendError {
    let address = message.onward_route().first().cloned().unwrap_or_default();
    // Whoever may not send there does not hear whether somebody is there.
    let passage = RelayMessage::new(source.address(), &address, &message);
    if matches!(access::outgoing(node, source, passage), Authorization::Denied) {
        return denied(node, source, message, true);
    }
    if let Some(why) = why_ended(node, &address) {
        node.dead_letters.record(&message, DeadLetterReason::Stopped);
        tell_peer(node, source, &message, FailureReason::Stopped);
        return SendError::new(SendErrorReason::Ended { address, why }, message);
    }
    node.dead_letters.record(&message, DeadLetterReason::NotFound);
    tell_peer(node, source, &message, FailureReason::NotFound);
    let reason = if address.is_local() && node.stop.has_begun() {
        SendErrorReason::Stopped { address }
    } else if address.is_local() {
        #[cfg(feature = "texts")]
        if message.payload().is_typed() {
            return SendError::not_found(node, address, message);
        }
        SendErrorReason::NotFound { address, nearest: None }
    } else {
        SendErrorReason::NoTransport { address }
    };
    SendError::new(reason, message)
}

/// Says what ended the connection that an address belonged to, or the node.
fn why_ended(node: &Node, address: &Address) -> Option<String> {
    #[cfg(feature = "std")]
    if node.stop.is_lost() {
        return Some(format!("the node {}", node.stop.progress()));
    }
    node.flow_controls.why_ended(address)
}

#[cold]
pub(crate) fn stopped(
    node: &Arc<Node>,
    source: &Mailbox,
    cell: &Cell,
    message: LocalMessage,
) -> SendError {
    node.dead_letters.record(&message, DeadLetterReason::Stopped);
    tell_peer(node, source, &message, FailureReason::Stopped);
    let address = cell.address().clone();
    let reason = match why_ended(node, &address) {
        Some(why) => SendErrorReason::Ended { address, why },
        None => SendErrorReason::Stopped { address },
    };
    SendError::new(reason, message)
}

#[cold]
pub(crate) fn denied(
    node: &Arc<Node>,
    source: &Mailbox,
    message: LocalMessage,
    outgoing: bool,
) -> SendError {
    node.dead_letters.record(&message, DeadLetterReason::Denied);
    tell_peer(node, source, &message, FailureReason::Denied);
    let destination = message.onward_route().first().cloned().unwrap_or_default();
    #[cfg(feature = "std")]
    tell_log(node, source, &destination, outgoing);
    let reason =
        SendErrorReason::Denied { source: source.address().clone(), destination, outgoing };
    SendError::new(reason, message)
}

/// Tells the asker of a message that a peer has sent, and that does not get further.
#[cfg(feature = "std")]
fn tell_peer(node: &Arc<Node>, source: &Mailbox, message: &LocalMessage, reason: FailureReason) {
    // A node without connections has no peers. If it is a worker that forwards, that one is told.
    if node.flow_controls.has_producers() && node.flow_controls.is_producer(source.address()) {
        notice::tell_of_address(node, message, reason);
    }
}

/// Tells the log of a worker that a message from a peer does not reach, because the program has not
/// made it a consumer or its access control said no: the first time for each worker, and then at
/// powers of ten. If nothing is at the address, what has brought the message in tells the log.
#[cfg(feature = "std")]
fn tell_log(node: &Arc<Node>, source: &Mailbox, address: &Address, outgoing: bool) {
    let is_from_peer =
        node.flow_controls.has_producers() && node.flow_controls.is_producer(source.address());
    let worker = node.find(address).filter(|_| is_from_peer);
    let Some(worker) = worker.map(|cell| cell.type_name()) else { return };
    let Telling::Counted(count) = node.telling(address, What::Unreachable) else { return };
    let from = source.address();
    if outgoing {
        tracing::warn!(
            %address, %worker, count, %from,
            "a message from outside was dropped: the worker is no consumer of what brought it in; \
             if peers may reach it, call flow_controls().add_consumer(address, &flow_control_id) \
             with the id of the listener, connection or channel"
        );
    } else {
        tracing::warn!(
            %address, %worker, count, %from,
            "a message from outside was dropped: the incoming access control of the worker said no"
        );
    }
}

/// On boards no other node is told.
#[cfg(not(feature = "std"))]
fn tell_peer(_: &Arc<Node>, _: &Mailbox, _: &LocalMessage, _: FailureReason) {}
