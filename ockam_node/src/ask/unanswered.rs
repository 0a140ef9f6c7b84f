//! Who waits for answers to messages that a worker leaves behind as it ends.
//!
//! The messages are counted as dead letters at once. Their askers are told when the addresses of
//! the worker are free, so that an asker may start another worker in its place. On a board they are
//! told at once: the list would take flash there, and a worker that panics has no askers left.

use crate::context::Context;
use crate::dead_letter::DeadLetterReason;
use ockam_core::LocalMessage;
#[cfg(feature = "std")]
use {
    crate::{ask::reply_to::ReplyTo, cell::Cell, node::Node, program::discard},
    alloc::{sync::Arc, vec::Vec},
};

/// Askers that are told when this is dropped: also if the end of the worker is cut off.
#[cfg(feature = "std")]
pub(crate) struct Unanswered {
    node: Arc<Node>,
    cell: Arc<Cell>,
    reason: DeadLetterReason,
    askers: Vec<ReplyTo>,
}

#[cfg(feature = "std")]
impl Unanswered {
    pub(crate) fn new(ctx: &Context, reason: DeadLetterReason) -> Self {
        let (node, cell) = (Arc::clone(ctx.node()), Arc::clone(ctx.cell()));
        Unanswered { node, cell, reason, askers: Vec::new() }
    }

    /// Accounts for a message, and drops it.
    pub(crate) fn add(&mut self, _: &Context, message: LocalMessage) {
        self.node.dead_letters.record(&message, self.reason);
        self.askers.extend(ReplyTo::of(&message));
        discard(message);
    }

    /// Tells the askers.
    pub(crate) fn tell(self) {
        drop(self);
    }
}

#[cfg(feature = "std")]
impl Drop for Unanswered {
    fn drop(&mut self) {
        for asker in &self.askers {
            self.node.not_answered(asker, self.reason, &self.cell);
        }
    }
}

/// Without `std`: the askers are told at once.
#[cfg(not(feature = "std"))]
pub(crate) struct Unanswered(DeadLetterReason);

#[cfg(not(feature = "std"))]
impl Unanswered {
    pub(crate) fn new(_: &Context, reason: DeadLetterReason) -> Self {
        Unanswered(reason)
    }

    pub(crate) fn add(&mut self, ctx: &Context, message: LocalMessage) {
        ctx.node().undelivered(message, self.0, ctx.cell());
    }

    pub(crate) fn tell(self) {}
}
