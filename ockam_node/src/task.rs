//! The task that runs a worker or a processor: it can be cut off from outside.

use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
use crate::node::Node;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Instrument, Span};

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
    let span = span(&cell);
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
            #[cfg(feature = "std")]
            let _polling = crate::watch::polling(&cell);
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

/// Makes the span in which a worker's code runs, in a program that does not leave its logs out.
///
/// It is a root: the task of a worker is made in the span of the code that woke the worker, which
/// is another one's, and as a child each task would be one level deeper than the one before.
fn span(cell: &Cell) -> Option<Span> {
    (STATIC_MAX_LEVEL >= LevelFilter::INFO).then(|| {
        let (address, name) = (cell.address(), cell.type_name());
        tracing::info_span!(parent: None, "worker", %address, r#type = %name)
    })
}

/// Polls a future of a cell once, in the caller's task and the cell's span. `None` says that it is
/// done; otherwise it has to be polled on in a task.
pub(crate) fn poll_once(
    cell: &Cell,
    mut future: Pin<Box<dyn Future<Output = ()> + Send>>,
) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
    let span = span(cell);
    let _entered = span.as_ref().map(Span::enter);
    let mut cx = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(()) => None,
        Poll::Pending => Some(future),
    }
}
