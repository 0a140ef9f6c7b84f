//! The task that runs a worker or a processor: it can be cut off from outside.

use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
use crate::node::Node;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use tracing::Instrument;
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};

/// Runs the future that `make` returns as the task of a cell.
///
/// When the node's stop runs into its deadline, it marks the cell and wakes this task, which then
/// drops the future where it waits.
///
/// The future is made inside of the task: a task that is given one keeps room for it twice, for
/// where it came in and for where it is polled.
pub(crate) fn spawn<F: Future<Output = ()> + Send + 'static>(
    node: &Arc<Node>,
    cell: Arc<Cell>,
    make: impl FnOnce() -> F + Send + 'static,
) {
    let task_node = Arc::clone(node);
    // A program that leaves its logs out has not the code either.
    let span = (STATIC_MAX_LEVEL >= LevelFilter::INFO).then(
        || tracing::info_span!("worker", address = %cell.address(), r#type = %cell.type_name()),
    );
    let task = async move {
        let mut future = pin!(Some(make()));
        let mut known = false;
        poll_fn(|cx| {
            if !known {
                cell.set_task(cx.waker());
                known = true;
            }
            if task_node.stop.cuts() && cell.is_cut() {
                future.set(None);
                task_node.end(&cell, DeadLetterReason::CutOff);
            }
            match future.as_mut().as_pin_mut() {
                Some(future) => future.poll(cx),
                None => Poll::Ready(()),
            }
        })
        .await;
    };
    // Followed or not, the task is the same; not following it saves a check at every poll.
    match span {
        Some(span) if !span.is_disabled() => node.executor.spawn(task.instrument(span)),
        _ => node.executor.spawn(task),
    }
}

/// Polls a future once. `None` says that it is done; otherwise it has to be polled on in a task.
pub(crate) fn poll_once(
    mut future: Pin<Box<dyn Future<Output = ()> + Send>>,
) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
    let mut cx = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(()) => None,
        Poll::Pending => Some(future),
    }
}
