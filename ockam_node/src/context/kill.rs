//! Ending a worker that does not end by itself.
//!
//! ```text
//! kill ──> addresses free, mailbox closed ──> what was queued is dead letters, its askers are told
//!      ──> the task is woken, and drops the worker's code where it waits: the message that was
//!          being handled, and those in hand, are dead letters as well
//! ```
//!
//! The first half happens in the caller. The second needs the task: code that blocks its thread
//! cannot be taken from it.

use super::Handle;
use crate::cell::Cell;
use crate::executor::until;
use crate::node::Node;
use alloc::sync::Arc;
use core::time::Duration;
use ockam_core::{Address, Result};

/// How long [`Handle::kill`] waits for the code of a killed worker to be dropped. Code that waits is
/// dropped at once; this is for code that blocks its thread.
pub const KILL_PATIENCE: Duration = Duration::from_secs(1);

/// What a worker left that was killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Killed {
    undelivered: usize,
    is_dropped: bool,
}

impl Killed {
    /// Counts the messages that waited for the worker, in its mailbox or taken out of it and not
    /// begun. Each is a dead letter with the reason [`CutOff`](crate::DeadLetterReason::CutOff), and so is
    /// the message whose handler was dropped, which is not counted here. That message, and those
    /// that were taken out, are so when the worker's code has been dropped.
    #[must_use]
    pub fn undelivered(&self) -> usize {
        self.undelivered
    }

    /// Tells whether the worker and its handler have been dropped, and what they held is free. Code
    /// that blocks its thread is dropped when it gives the thread back.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.is_dropped
    }
}

impl Handle {
    /// Ends a worker or processor that hangs, at once: its handler or round is dropped where it
    /// waits, and the worker with it; `shutdown` does not run. Its addresses are free when this
    /// returns.
    ///
    /// Messages that wait for it are dead letters with the reason
    /// [`CutOff`](crate::DeadLetterReason::CutOff). Whoever waits for an answer gets
    /// [`Stopped`](ockam_core::ErrorKind::Stopped), when the addresses are free already. Senders that
    /// wait for room get their messages back. Its [`DelayedEvent`](crate::DelayedEvent)s are
    /// cancelled. Of two kills at once both succeed, and one counts the messages.
    ///
    /// - **A handler that blocks its thread** goes on until it gives the thread back, and is dropped
    ///   then. This waits for at most [`KILL_PATIENCE`]; see [`Killed::is_dropped`].
    /// - **A worker that starts** has its `initialize` dropped, in the task of its starter, where the
    ///   start returns [`Stopped`](ockam_core::ErrorKind::Stopped). If that has failed, `shutdown` is
    ///   dropped, and the start returns its error.
    /// - **A worker that stops** has its `shutdown` dropped; whoever waits for the stop gets `Ok`.
    /// - **A worker that kills itself** through its [`Context`](super::Context): the call returns at
    ///   once, its addresses are free, and its handler ends at its next `await` that waits. Through
    ///   another handle the call waits, and so that is where the handler is dropped.
    ///
    /// Drops run code of the program too; a panic in one is logged, and goes no further. Not on
    /// boards.
    ///
    /// ```
    /// # use ockam_node::{Context, DeadLetterReason, NodeBuilder};
    /// # use ockam_core::{Result, Routed, Worker};
    /// # struct Hangs;
    /// # impl Worker for Hangs {
    /// #     type Context = Context; type Message = String;
    /// #     async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
    /// #         std::future::pending().await
    /// #     }
    /// # }
    /// # #[tokio::main] async fn main() -> Result<()> {
    /// let ctx = NodeBuilder::new().build()?;
    /// ctx.start_worker("hangs", Hangs).await?;
    /// for text in ["first", "second", "third"] {
    ///     ctx.send("hangs", text.to_string()).await?;
    /// }
    /// # while ctx.progress_at(&"hangs".into()) != Some(1) { tokio::task::yield_now().await }
    /// let killed = ctx.kill("hangs").await?;
    /// assert_eq!(killed.undelivered(), 2, "the first one was being handled");
    /// assert_eq!(ctx.dead_letters().count(crate::DeadLetterReason::CutOff), 3);
    /// ctx.start_worker("hangs", Hangs).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](ockam_core::ErrorKind::NotFound) if no worker is there, and
    /// [`InvalidInput`](ockam_core::ErrorKind::InvalidInput) for a context without a worker.
    ///
    /// # Cancel safety
    /// The kill goes on if the future is dropped once it was polled.
    pub async fn kill(&self, address: impl Into<Address>) -> Result<Killed> {
        let cell = self.find_to("kill", &address.into())?;
        let itself = self.is_own() && Arc::ptr_eq(&cell, self.cell());
        Ok(kill(self.node(), &cell, !itself).await)
    }
}

/// Kills a cell; one that `waits` is there when its code has been dropped, if that is soon.
pub(super) async fn kill(node: &Arc<Node>, cell: &Arc<Cell>, waits: bool) -> Killed {
    let ending = node.kill(cell);
    let mut is_dropped = false;
    if waits {
        is_dropped = until(cell.dropped(), node.executor.sleep(KILL_PATIENCE)).await.is_some();
    }
    if ending.again {
        return Killed { undelivered: 0, is_dropped };
    }
    // What is in hand stays there, and is counted by now if it has been dropped.
    let undelivered = ending.lost + cell.in_hand();
    let (address, worker) = (cell.address(), cell.type_name());
    tracing::info!(%address, %worker, undelivered, is_dropped, "killed");
    Killed { undelivered, is_dropped }
}
