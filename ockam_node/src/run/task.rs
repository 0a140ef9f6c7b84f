//! The task that runs a worker or a processor: it can be cut off from outside.

use crate::cell::Cell;
#[cfg(feature = "std")]
use crate::dead_letter::DeadLetterReason;
#[cfg(not(feature = "std"))]
use crate::executor::catch;
#[cfg(feature = "std")]
use crate::executor::{Call, is_unwinding};
use crate::executor::{Frame, Panic, catch_call};
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
/// A cell that is cut off, by a kill or by the node's stop at its deadline, has ended already when
/// this task is woken, which then drops the future where it waits.
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
            if life.cell.is_cut() {
                cut_off(&life.cell, catch_call(|| future.set(None)));
            }
            #[cfg(feature = "std")]
            let _polling = crate::run::blocking::polling(&life.cell);
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
    #[cfg(feature = "std")]
    node: Arc<Node>,
    cell: Arc<Cell>,
    /// The task has not come to its end: the cell has neither ended nor gone to sleep.
    #[cfg(feature = "std")]
    goes_on: bool,
}

impl Life {
    #[cfg(feature = "std")]
    fn new(node: &Arc<Node>, cell: Arc<Cell>) -> Self {
        Life { node: Arc::clone(node), cell, goes_on: true }
    }

    #[cfg(not(feature = "std"))]
    fn new(_: &Arc<Node>, cell: Arc<Cell>) -> Self {
        Life { cell }
    }

    /// The task has come to its end.
    fn over(&mut self) {
        #[cfg(feature = "std")]
        {
            self.goes_on = false;
            let_go(&self.cell);
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
        let_go(&self.cell);
    }
}

/// Tells those who had a cell cut off that its code has been dropped.
#[cfg(feature = "std")]
#[inline]
pub(crate) fn let_go(cell: &Cell) {
    if cell.is_cut() {
        cell.let_go();
    }
}

/// Awaits `initialize` of a cell, or its end if that fails, in the task of whoever starts it. `None`
/// says that the cell was cut off: the call has been dropped where it waited.
#[cfg(feature = "std")]
pub(crate) async fn unless_cut<F: Future>(
    cell: &Cell,
    slot: Pin<&mut Frame<F>>,
) -> Option<Result<F::Output, Panic>> {
    let mut call = Call::new(slot);
    let outcome = poll_fn(|cx| {
        if cell.is_cut() {
            return Poll::Ready(None);
        }
        let polled = call.poll(cx);
        if polled.is_pending() {
            cell.set_starter(cx.waker());
            // Who cuts it off either finds the waker or is found here.
            if cell.is_cut() {
                return Poll::Ready(None);
            }
        }
        polled.map(Some)
    })
    .await;
    if outcome.is_some() {
        call.over();
    } else {
        cut_off(cell, call.abandon());
    }
    outcome
}

/// Awaits `initialize`. On boards nothing is killed.
#[cfg(not(feature = "std"))]
#[inline]
pub(crate) async fn unless_cut<F: Future>(
    _: &Cell,
    slot: Pin<&mut Frame<F>>,
) -> Option<Result<F::Output, Panic>> {
    Some(catch(slot).await)
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
        Poll::Ready(()) => {
            #[cfg(feature = "std")]
            {
                drop(future);
                let_go(cell);
            }
            None
        }
        Poll::Pending => Some(future),
    }
}
