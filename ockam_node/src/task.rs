//! The task that runs a worker or a processor: it can be cut off from outside.

use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
#[cfg(feature = "std")]
use crate::executor::is_unwinding;
use crate::executor::{Panic, catch_call};
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
    let span = span(&cell);
    let life = Life::new(node, cell);
    let task = async move {
        let mut future = pin!(Some(make()));
        // Dropped before the future: its cell has ended by the time that askers are told.
        let mut life = life;
        let mut known = false;
        poll_fn(|cx| {
            if !known {
                life.cell.set_task(cx.waker());
                known = true;
            }
            if life.node.stop.cuts() && life.cell.is_cut() {
                life.node.end(&life.cell, DeadLetterReason::CutOff);
                cut_off(&life.cell, catch_call(|| future.set(None)));
            }
            #[cfg(feature = "std")]
            let _polling = crate::watch::polling(&life.cell);
            match future.as_mut().as_pin_mut() {
                Some(future) => future.poll(cx),
                None => Poll::Ready(()),
            }
        })
        .await;
        life.over();
    };
    // Followed or not, the task is the same; not following it saves a check at every poll.
    match span {
        Some(span) if !span.is_disabled() => node.executor.spawn(task.instrument(span)),
        _ => node.executor.spawn(task),
    }
}

/// The cell of a task, which ends with the task, however that ends: also if something panics that
/// the loops do not catch, or if the runtime drops the task.
struct Life {
    node: Arc<Node>,
    cell: Arc<Cell>,
    /// The task has not come to its end: the cell has neither ended nor gone to sleep.
    #[cfg(feature = "std")]
    goes_on: bool,
}

impl Life {
    fn new(node: &Arc<Node>, cell: Arc<Cell>) -> Self {
        let node = Arc::clone(node);
        Life {
            node,
            cell,
            #[cfg(feature = "std")]
            goes_on: true,
        }
    }

    /// The task has come to its end.
    fn over(&mut self) {
        #[cfg(feature = "std")]
        {
            self.goes_on = false;
        }
    }
}

#[cfg(feature = "std")]
impl Drop for Life {
    fn drop(&mut self) {
        if !self.goes_on {
            return;
        }
        let mut reason = DeadLetterReason::CutOff;
        if is_unwinding() {
            reason = DeadLetterReason::Panicked;
            let (address, worker) = (self.cell.address(), self.cell.type_name());
            tracing::error!(%address, %worker, "the task of a worker panicked and ends");
        }
        self.node.end(&self.cell, reason);
    }
}

/// Tells the log of a panic in the drop of what was cut off.
fn cut_off(cell: &Cell, dropped: Result<(), Panic>) {
    if let Err(panic) = dropped {
        let (address, worker) = (cell.address(), cell.type_name());
        tracing::error!(%address, %worker, %panic, "a worker that was cut off panicked");
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
