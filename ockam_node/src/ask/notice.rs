//! Telling askers on other nodes that their questions have failed, and being told.
//!
//! It owns who is told, which is an asker on another node whose name asks for it and that is in the
//! node's [`Audience`], and what an asker makes of it. It refuses to know the bytes of a notice
//! (`ockam_core`) and why a question fails.
//!
//! ```text
//!   a worker fails ──> the asker is of this node: `Node::fail_ask`
//!                └──> its name asks for notices: `tell` ──> the mailbox of the connection
//!   nobody at an address ──> it is that of notices of a waiting ask: `accept` ──> the ask fails
//!                        └──> a peer has asked there: `tell_of_address`, if it may know
//! ```
//!
//! To tell never waits: a notice for which the mailbox of the connection has no room is a dead
//! letter. Nothing is told of a notice, since its return route asks for none.

mod accept;

pub(crate) use accept::{accept, asker_of};

use crate::ask::audience::Audience;
use crate::ask::reply_to::way_back;
use crate::ask::slot;
use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
use crate::delivery::access;
use crate::delivery::gates::{self, Gates};
use crate::executor::{catch_call, spare_message};
use crate::node::Node;
use crate::program::discard;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{
    Address, Authorization, DecodeError, Error, ErrorKind, FailureNotice, FailureReason,
    LocalMessage, MAX_NOTICE_TEXTS, Mailbox, Mismatch, Payload, RelayMessage, Route,
};

/// What a notice says.
pub(crate) struct Failure {
    reason: FailureReason,
    kind: ErrorKind,
    mismatch: Option<Mismatch>,
    texts: Vec<String>,
}

impl Failure {
    /// Makes one of an error; `texts` are those of [`texts`].
    pub(crate) fn new(reason: FailureReason, error: &Error, texts: Vec<String>) -> Self {
        let mismatch = error.downcast_ref::<DecodeError>().map(mismatch);
        Failure { reason, kind: error.kind(), mismatch, texts }
    }
}

/// Tells an asker that its question was not answered by the worker of a cell, or by the one at
/// `at` to which that could not hand it over. Nothing is told if it did not come over a connection
/// of this node.
#[cold]
pub(crate) fn tell(
    node: &Arc<Node>,
    cell: &Cell,
    at: &Address,
    way_back: &Route,
    failure: Failure,
) {
    if may_know(node, node.audiences.failures, way_back)
        && let Some(message) = notice(at, way_back, failure)
    {
        // What brings messages in has a border for those, and speaks for the node.
        let carries = node.flow_controls.is_producer(cell.address());
        send(node, Some(cell.mailboxes().primary()).filter(|_| !carries), message);
    }
}

/// Tells the asker of a message that a peer has sent to this node why it got no further than its next
/// hop: nothing is there, or it may not go there, which is told to those who may know who exists;
/// or what is there stops. What has brought the message in speaks for the node, so the access control
/// of no worker is asked.
#[cold]
pub(crate) fn tell_of_address(node: &Arc<Node>, message: &LocalMessage, reason: FailureReason) {
    let Some(way_back) = slot::asker(message).and_then(|asker| way_back(message, asker)) else {
        return;
    };
    let at = message.onward_route().first().cloned().unwrap_or_default();
    // The border asks for no worker: what is not there may not be reached either.
    let reason = match reason {
        FailureReason::Denied if node.find(&at).is_none() => FailureReason::NotFound,
        reason => reason,
    };
    let (kind, audience) = match reason {
        FailureReason::NotFound => (ErrorKind::NotFound, node.audiences.existence),
        FailureReason::Denied => (ErrorKind::Denied, node.audiences.existence),
        _ => (ErrorKind::Stopped, node.audiences.failures),
    };
    if !may_know(node, audience, way_back) {
        return;
    }
    let failure = Failure { reason, kind, mismatch: None, texts: Vec::new() };
    if let Some(message) = notice(&at, way_back, failure) {
        send(node, None, message);
    }
}

/// Tells whether the peer that a way leads to is in an audience. It is not if it leads to no peer.
fn may_know(node: &Node, audience: Audience, way_back: &Route) -> bool {
    let peer = way_back.iter().find(|hop| node.flow_controls.is_producer(hop));
    peer.is_some_and(|peer| match audience {
        Audience::Nobody => false,
        Audience::Known => node.flow_controls.is_known_peer(peer),
        Audience::Everybody => true,
    })
}

/// Returns the text of an error and those of its causes, if the asker at the end of a way may read
/// them. Their code is the program's.
#[cold]
pub(crate) fn texts(node: &Node, way_back: &Route, error: &Error) -> Vec<String> {
    if !may_know(node, node.audiences.texts, way_back) {
        return Vec::new();
    }
    let chain = || {
        let mut texts = Vec::from([error.to_string()]);
        let mut next = error.as_error().source();
        while let Some(cause) = next.filter(|_| texts.len() < MAX_NOTICE_TEXTS) {
            texts.push(cause.to_string());
            next = cause.source();
        }
        texts
    };
    catch_call(chain).unwrap_or_default()
}

/// Makes a notice.
fn notice(at: &Address, way_back: &Route, failure: Failure) -> Option<LocalMessage> {
    let Failure { reason, kind, mismatch, texts } = failure;
    let mut onward = way_back.clone();
    let notices = onward.pop_back()?.notice_address()?;
    onward.push_back(notices);
    let notice = FailureNotice { reason, kind, texts, mismatch };
    Some(spare_message().fill(onward, at, Payload::from(notice.encode())))
}

fn mismatch(error: &DecodeError) -> Mismatch {
    let (len, left_over) = (error.body_len() as u64, error.left_over().map(|left| left as u64));
    Mismatch { expected: error.expected().to_string(), len, left_over }
}

/// Puts a notice into the mailbox of a connection without waiting, as the worker with the mailbox
/// `source` would an answer, or as the node itself.
fn send(node: &Arc<Node>, source: Option<&Mailbox>, message: LocalMessage) {
    let first = message.onward_route().first().cloned().unwrap_or_default();
    let Some(connection) = node.find(&first) else {
        return lost(node, message, DeadLetterReason::NotFound);
    };
    let mailbox = connection.mailboxes().one_of(&first);
    let from = source.map_or(&first, Mailbox::address);
    let passage = RelayMessage::new(from, &first, &message);
    let is_open = match source {
        Some(source) => matches!(gates::both(node, source, mailbox, passage), Gates::Open),
        None => matches!(access::incoming(node, mailbox, passage), Authorization::Allowed),
    };
    if !is_open {
        return lost(node, message, DeadLetterReason::Denied);
    }
    match gates::push(node, &connection, message) {
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
