//! Answers to messages from outside, which do not wait for a connection that stands still.
//!
//! A worker that serves many peers answers each of them over its connection. If one peer asks and
//! reads nothing, the mailbox of its connection fills up, and a worker that waited there for room
//! would serve nobody in the meantime. So an answer waits only as long as the connection makes
//! progress. Other messages wait for as long as it takes.
//!
//! ```text
//!   mailbox of the connection full ──> in line ── room ──────────────────────────> accepted
//!                                        └── no progress for ANSWER_PATIENCE ────> refused
//!   stalled already: refused at once
//! ```

use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
use crate::delivery::came_by::mark;
use crate::delivery::in_line::SendWaiter;
use crate::delivery::send_error::{SendError, SendErrorReason, boundary};
use crate::executor::until;
use crate::handle::Handle;
use crate::lifecycle::stop_order::StopOrder;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::time::Duration;
use ockam_core::{Error, LocalMessage};

/// How long an answer to a message from outside waits for room in the mailbox of a connection, or
/// of a secure channel, that makes no progress. Then it is refused, and so are other answers until
/// there is progress.
pub const ANSWER_PATIENCE: Duration = Duration::from_secs(1);

/// How many workers, one waiting for the next, are looked at for progress: channels in channels
/// over a connection.
const MAX_DEPTH: usize = 8;

/// Tells whether a message answers the one that its sender handles: it leaves by the hop which
/// that one came by.
pub(crate) fn is_answer(sender: &Cell, recipient: &Cell, message: &LocalMessage) -> bool {
    recipient.stop_order() != StopOrder::Worker
        && message.onward_route().first().is_some_and(|hop| mark(hop) == sender.came_by())
}

/// Counts what a cell has done, together with what it waits for.
pub(crate) fn progress(cell: &Arc<Cell>) -> u32 {
    let mut sum = cell.progress();
    let mut next = cell.waits_for();
    for _ in 1..MAX_DEPTH {
        let Some(cell) = next else { break };
        sum = sum.wrapping_add(cell.progress());
        next = cell.waits_for();
    }
    sum
}

/// Tells whether answers are refused: there was no progress since the first of them was.
pub(crate) fn is_stalled(cell: &Arc<Cell>) -> bool {
    cell.stalled_at().is_some_and(|at| at == progress(cell))
}

/// Waits in line with an answer, until it is in the mailbox. Gives it back if the line was given up.
pub(crate) async fn wait(
    handle: &Handle,
    mut place: SendWaiter,
) -> Result<Option<(LocalMessage, Arc<Cell>)>, Error> {
    let cell = Arc::clone(&place.cell);
    let mut seen = progress(&cell);
    while !is_stalled(&cell) {
        let turn = poll_fn(|cx| place.poll(handle.node(), cx.waker()));
        let limit = handle.node().executor.sleep(ANSWER_PATIENCE);
        if let Some(outcome) = until(turn, limit).await {
            return Ok(outcome.map(|message| (message, cell)));
        }
        let now = progress(&cell);
        if now == seen {
            cell.set_stalled_at(now);
        }
        seen = now;
    }
    // It may have been let in at the last moment.
    match place.leave() {
        Some(message) => Err(refuse(handle, &cell, message)),
        None => Ok(None),
    }
}

/// Accounts for an answer that is not sent.
#[cold]
fn refuse(handle: &Handle, cell: &Cell, message: LocalMessage) -> Error {
    handle.node().dead_letters.record(&message, DeadLetterReason::Stalled);
    let reason = SendErrorReason::Stalled { address: cell.address().clone() };
    boundary(SendError::new(reason, message))
}
