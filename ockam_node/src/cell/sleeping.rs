//! A worker at rest, as its cell keeps it.

use super::Cell;
use crate::node::Node;
use alloc::boxed::Box;
use alloc::sync::Arc;

/// A worker at rest, whose type is known to itself alone.
pub(crate) trait SleepingWorker: Send {
    /// Gives the worker a task that handles what is in its inbox.
    fn awaken(self: Box<Self>, node: &Arc<Node>, cell: Arc<Cell>);

    /// Runs the worker's `shutdown` and ends it, in place or in a task.
    fn shut_down(self: Box<Self>, node: &Arc<Node>, cell: Arc<Cell>);

    /// As [`shut_down`](Self::shut_down), for a caller that must not be held up by code that blocks:
    /// in a task.
    #[cfg(feature = "std")]
    fn shut_down_apart(self: Box<Self>, node: &Arc<Node>, cell: Arc<Cell>);
}
