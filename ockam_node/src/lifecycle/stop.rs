//! Stopping a node.
//!
//! ```text
//! running ── stop ──> no new workers; processors stop
//!                 ──> workers handle what is queued and what that leads to    until the deadline
//!                 ──> mailboxes close; every worker's `shutdown` runs,         a short grace
//!                     then that of channels, then that of transports
//!                 ──> what is left is cut off where it waits, and reported
//! ```
//!
//! The stop is a task of its own, so it goes on when its caller goes away, and a worker can ask
//! for it. Its waiters are told whatever panics in it.

#[cfg(feature = "std")]
mod guard;
mod steps;

#[cfg(not(feature = "std"))]
use self::steps::run;
#[cfg(feature = "std")]
use self::steps::{cut_off, set_stopped};
use crate::cell::Kind;
use crate::handle::Handle;
use crate::lifecycle::stop_state::Moment;
#[cfg(feature = "std")]
use crate::node::Node;
use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};

/// Stops the node, or waits for a stop that is under way; whoever waits hears what was cut off.
/// Once the node has stopped, stopping it again is fine. A worker that asks in its own calls does
/// not wait.
pub(crate) async fn stop(by: &Handle, limit: Duration) -> Result<()> {
    let node = by.node();
    if !node.stop.begun.swap(true, Ordering::SeqCst) {
        node.stop.wake(Moment::Begun);
        let task_node = Arc::clone(node);
        #[cfg(feature = "std")]
        node.executor.spawn(guard::run(task_node, limit));
        #[cfg(not(feature = "std"))]
        node.executor.spawn(async move { run(&task_node, limit).await });
    }
    if by.is_own() && by.cell().kind() != Kind::Detached {
        return Ok(());
    }
    #[cfg(feature = "std")]
    if node.stop.is_lost() {
        return Err(lost());
    }
    if node.stop.outcome.with(|outcome| outcome.over) {
        return Ok(());
    }
    node.stop.stopped().await;
    #[cfg(feature = "std")]
    if node.stop.is_lost() {
        return Err(lost());
    }
    #[cfg(feature = "std")]
    if node.stop.outcome.with(|outcome| outcome.panicked) {
        return Err(guard::panicked());
    }
    match node.stop.outcome.with(|outcome| outcome.error.clone()) {
        Some(error) => Err(Error::with_kind(ErrorKind::TimedOut, error)),
        None => Ok(()),
    }
}

/// The runtime is being dropped, and all tasks of the node with it: nothing can be stopped in good
/// order any more. Those that wait for something of this node, in other threads, are told.
#[cfg(feature = "std")]
fn runtime_ended(node: &Arc<Node>) {
    if node.stop.outcome.with(|outcome| outcome.over) {
        return;
    }
    node.stop.lost.store(true, Ordering::SeqCst);
    if !node.stop.begun.swap(true, Ordering::SeqCst) {
        node.stop.wake(Moment::Begun);
    }
    let error = cut_off(node);
    if let Some(error) = &error {
        tracing::debug!("the runtime has ended before the node was stopped: {error}");
    }
    set_stopped(node, error);
}

#[cfg(feature = "std")]
impl Node {
    /// Ends the node if its runtime is dropped.
    pub(crate) fn end_with_runtime(self: &Arc<Self>) {
        let node = Arc::downgrade(self);
        let at_end = self.executor.at_end(move || {
            if let Some(node) = node.upgrade() {
                runtime_ended(&node);
            }
        });
        self.at_runtime_end.with(|place| *place = Some(at_end));
    }
}

#[cfg(feature = "std")]
fn lost() -> Error {
    Error::with_kind(
        ErrorKind::Stopped,
        "the node was not stopped: its runtime was dropped before, and its workers with it; await \
         `stop` before the runtime ends",
    )
}
