//! What becomes of messages that a cell was given and will not handle, and of who asked.

use super::{Node, cut_off};
#[cfg(feature = "std")]
use crate::ask::notice::{self, Failure};
#[cfg(feature = "std")]
use crate::ask::reply_to::ReplyTo;
use crate::ask::slot;
use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
use crate::program::discard;
use alloc::format;
use alloc::sync::Arc;
#[cfg(feature = "std")]
use alloc::vec::Vec;
use ockam_core::{Error, ErrorKind, LocalMessage};

impl Node {
    /// Accounts for a message that was accepted and will not be handled, and drops it.
    pub(crate) fn undelivered(
        self: &Arc<Self>,
        message: LocalMessage,
        reason: DeadLetterReason,
        cell: &Cell,
    ) {
        self.dead_letters.record(&message, reason);
        #[cfg(feature = "std")]
        if let Some(reply_to) = ReplyTo::of(&message) {
            self.not_answered(&reply_to, reason, cell);
        }
        #[cfg(not(feature = "std"))]
        if let Some(asker) = slot::asker(&message) {
            self.fail_ask(asker, not_answered(reason, cell));
        }
        discard(message);
    }

    /// Tells an asker that its question was not handled by a cell.
    #[cfg(feature = "std")]
    pub(crate) fn not_answered(
        self: &Arc<Self>,
        reply_to: &ReplyTo,
        reason: DeadLetterReason,
        cell: &Cell,
    ) {
        let ReplyTo { asker, way_back } = reply_to;
        let unheard = self.fail_ask(asker, not_answered(reason, cell));
        if let (Some(error), Some(way_back)) = (unheard, way_back) {
            let failure = Failure::new(reason.into(), &error, Vec::new());
            notice::tell(self, cell, cell.address(), way_back, failure);
        }
    }

    /// Tells the asker of a message that a cell could not pass it on.
    pub(crate) fn rejected(
        self: &Arc<Self>,
        message: &LocalMessage,
        reason: DeadLetterReason,
        cell: &Cell,
        error: Error,
    ) {
        let Some(asker) = slot::asker(message) else { return };
        let unheard = self.fail_ask(asker, error);
        #[cfg(feature = "std")]
        if let (Some(error), Some(ReplyTo { way_back: Some(way_back), .. })) =
            (unheard, ReplyTo::of(message))
        {
            let texts = notice::texts(self, &way_back, &error);
            let at = message.onward_route().first().unwrap_or(cell.address());
            let failure = Failure::new(reason.into(), &error, texts);
            notice::tell(self, cell, at, &way_back, failure);
        }
        #[cfg(not(feature = "std"))]
        let _ = (unheard, reason, cell);
    }
}

/// Says that a message was not handled by a cell.
fn not_answered(reason: DeadLetterReason, cell: &Cell) -> Error {
    let kind = match reason {
        DeadLetterReason::NotFound => ErrorKind::NotFound,
        DeadLetterReason::Panicked => ErrorKind::Panicked,
        DeadLetterReason::Undecodable => ErrorKind::Encoding,
        DeadLetterReason::Denied => ErrorKind::Denied,
        _ => ErrorKind::Stopped,
    };
    Error::with_text(kind, || match reason {
        DeadLetterReason::CutOff => cut_off(cell),
        _ => format!("{} did not answer: {reason}", cell.address()),
    })
}
