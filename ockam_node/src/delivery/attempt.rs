//! The hot path: from a sender to a mailbox.
//!
//! ```text
//!   routes within limits? ─> who has the first hop? ─> may it leave? ─> may it enter?
//!        ─> push and wake ─> (only if the mailbox is full) stand in line
//! ```
//!
//! Nothing here waits: what has to, because an access control takes its time or the mailbox is
//! full, is left to [`Delivery`](crate::delivery::future::Delivery).

mod undelivered;

pub(crate) use self::undelivered::{denied, full, stopped};
use self::undelivered::{invalid_route, not_found};
#[cfg(feature = "std")]
use crate::ask::notice;
use crate::ask::slot::{self, Ask};
use crate::cell::Cell;
use crate::cell::kind::CellId;
use crate::dead_letter::DeadLetterReason;
use crate::delivery::gates::{self, Gates};
use crate::delivery::send_error::{SendError, SendErrorReason};
#[cfg(feature = "std")]
use crate::executor::{Panic, catch_call};
#[cfg(feature = "std")]
use crate::handle::Handle;
use crate::node::Node;
#[cfg(feature = "std")]
use crate::table::AddressHash;
#[cfg(feature = "std")]
use alloc::format;
use alloc::sync::Arc;
#[cfg(feature = "std")]
use ockam_core::Address;
use ockam_core::{Error, ErrorKind, LocalMessage, Mailbox, RelayMessage};

/// How far a message got without waiting.
pub(crate) enum Step {
    Done,
    /// Stand in the line of this cell.
    Full(LocalMessage, Arc<Cell>),
    /// Ask the access controls first, which take their time.
    Authorize(LocalMessage, Recipient),
}

/// Who gets a message.
pub(crate) enum Recipient {
    Cell(Arc<Cell>),
    /// It is the answer to an ask.
    Asker(Arc<Ask>),
}

/// Delivers a message if that is possible now.
pub(crate) fn try_deliver(
    node: &Arc<Node>,
    source: &Mailbox,
    message: LocalMessage,
) -> Result<(), SendError> {
    let (reason, message) = match begin(node, source, message)? {
        Step::Done => return Ok(()),
        Step::Full(message, cell) => (full(&cell, &message), message),
        Step::Authorize(message, _) => {
            (SendErrorReason::MustWait { source: source.address().clone() }, message)
        }
    };
    Err(SendError::new(reason, message))
}

/// Takes a message as far as it gets without waiting.
#[inline]
pub(crate) fn begin(
    node: &Arc<Node>,
    source: &Mailbox,
    message: LocalMessage,
) -> Result<Step, SendError> {
    let Some(destination) = message.onward_route().first() else {
        return Err(invalid_route(message));
    };
    let within_limits = message.onward_route().is_within_limits()
        && message.return_route().is_within_limits()
        && destination.is_within_limits();
    if !within_limits {
        return Err(invalid_route(message));
    }
    tracing::trace!(from = %source.address(), onward_route = %message.onward_route(), "send");
    let hash = node.workers.hash(destination);
    let Some(cell) = node.workers.get(hash, destination) else {
        return match node.asks.get(hash, destination) {
            Some(ask) => deliver_answer(node, source, ask, message),
            None => nowhere(node, source, message),
        };
    };
    // Directly it would have been found out before it was sent.
    if message.return_route().len() > 1 && comes_back(node, &cell, &message) {
        let why = slot::asks_itself(destination);
        return Err(SendError::new(SendErrorReason::InvalidRoute(why), message));
    }
    let mailbox = cell.mailboxes().one_of(destination);
    let passage = RelayMessage::new(source.address(), destination, &message);
    match gates::both(node, source, mailbox, passage) {
        Gates::Open => {}
        Gates::ClosedOut => return Err(denied(node, source, message, true)),
        Gates::ClosedIn => return Err(denied(node, source, message, false)),
        Gates::Slow => return Ok(Step::Authorize(message, Recipient::Cell(cell))),
    }
    #[cfg(feature = "std")]
    let message = if cell.has_shortcut() {
        match go_past(node, hash, &cell, message) {
            Ok(()) => return Ok(Step::Done),
            Err(message) => message,
        }
    } else {
        message
    };
    match gates::push(node, &cell, message) {
        Ok(None) => Ok(Step::Done),
        Ok(Some(message)) => Ok(Step::Full(message, cell)),
        Err(message) => Err(stopped(node, source, &cell, message)),
    }
}

/// Takes the way past a mailbox, if nothing is before the message and it is one that may.
#[cfg(feature = "std")]
fn go_past(
    node: &Arc<Node>,
    hash: AddressHash,
    cell: &Arc<Cell>,
    message: LocalMessage,
) -> Result<(), LocalMessage> {
    if cell.is_at_rest()
        && let Some(way) = node.shortcuts.get(hash, cell.address())
    {
        let worker = Handle::new(Arc::clone(node), Arc::clone(cell));
        let asker = slot::asker(&message).cloned();
        return match catch_call(|| way.shortcut.take(&worker, message)) {
            Ok(taken) => taken,
            Err(panic) => {
                shortcut_panicked(node, cell, asker, &panic);
                Ok(())
            }
        };
    }
    Err(message)
}

/// The message is gone with the shortcut that took it, and so is the shortcut: what it shares with
/// its worker may be in any state.
#[cfg(feature = "std")]
#[cold]
fn shortcut_panicked(node: &Node, cell: &Cell, asker: Option<Address>, panic: &Panic) {
    let (address, worker) = (cell.address(), cell.type_name());
    tracing::error!(%address, %worker, %panic, "a shortcut panicked and is not asked again");
    node.remove_shortcut(cell);
    if let Some(asker) = asker {
        let text = || format!("the shortcut of {address} panicked: {panic}");
        node.fail_ask(&asker, Error::with_text(ErrorKind::Panicked, text));
    }
}

/// Tells whether a message is the ask of the very worker to which it is delivered, and ends such
/// an ask.
fn comes_back(node: &Node, cell: &Arc<Cell>, message: &LocalMessage) -> bool {
    let ask = slot::asker(message).and_then(|asker| node.asks.get(node.asks.hash(asker), asker));
    let Some(ask) = ask.filter(|ask| ask.is_waited_for_by(CellId::of(&**cell))) else {
        return false;
    };
    let text = || slot::asks_itself(cell.address());
    ask.fail(Error::with_text(ErrorKind::InvalidInput, text));
    true
}

/// Delivers the answer to an ask. Only the sender's own access control has a say.
fn deliver_answer(
    node: &Arc<Node>,
    source: &Mailbox,
    ask: Arc<Ask>,
    message: LocalMessage,
) -> Result<Step, SendError> {
    let passage = RelayMessage::new(source.address(), ask.address(), &message);
    match gates::way_out(node, source, passage) {
        Gates::Open => hand_over(node, &ask, message).map(|()| Step::Done),
        Gates::ClosedOut | Gates::ClosedIn => Err(denied(node, source, message, true)),
        Gates::Slow => Ok(Step::Authorize(message, Recipient::Asker(ask))),
    }
}

/// Nothing is at the address: it may be that of notices of an ask.
#[cold]
fn nowhere(node: &Arc<Node>, source: &Mailbox, message: LocalMessage) -> Result<Step, SendError> {
    #[cfg(feature = "std")]
    if let Some(destination) = message.onward_route().first()
        && let Some(ask) = notice::asker_of(node, destination)
    {
        let passage = RelayMessage::new(source.address(), destination, &message);
        return match gates::way_out(node, source, passage) {
            Gates::Open => {
                notice::accept(node, &ask, message);
                Ok(Step::Done)
            }
            // An access control that takes its time says nothing about a notice.
            _ => Err(denied(node, source, message, true)),
        };
    }
    Err(not_found(node, source, message))
}

/// Hands an answer to the one who asked.
pub(crate) fn hand_over(node: &Node, ask: &Ask, message: LocalMessage) -> Result<(), SendError> {
    ask.answer(message).map_err(|message| {
        node.dead_letters.record(&message, DeadLetterReason::NotFound);
        let reason = SendErrorReason::NotFound { address: ask.address().clone(), nearest: None };
        SendError::new(reason, message)
    })
}
