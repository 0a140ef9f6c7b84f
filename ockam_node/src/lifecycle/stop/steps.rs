//! The steps of a stop, one after the other.

use crate::cell::{Cell, Kind, Stopping};
use crate::dead_letter::DeadLetterReason;
use crate::executor::until;
use crate::lifecycle::stop_error::StopError;
use crate::lifecycle::stop_order::StopOrder;
use crate::node::Node;
use crate::program::wake;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::sync::atomic::Ordering;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, TEXTS, TypeName};

/// How long the `shutdown` hooks may take when the deadline has passed already.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(100);

/// Takes all steps, within a limit.
pub(super) async fn run(node: &Arc<Node>, limit: Duration) {
    let mut deadline = core::pin::pin!(node.executor.sleep(limit));
    let processors = close(node, Kind::Processor, None);
    if !limit.is_zero() {
        node.drain.begin();
        for cell in &cells(node, Kind::Worker, None) {
            cell.count(&node.drain);
        }
        node.drain.scanned();
        let quiet = async {
            // What processors send while they stop is handled as well.
            ended(&processors).await;
            poll_fn(|cx| node.drain.poll_quiet(cx.waker())).await;
        };
        until(quiet, deadline.as_mut()).await;
    }
    // Each in its order until the deadline, and then, for a short grace, all that are left.
    for orders in [&StopOrder::EACH[..], &[None]] {
        let all_ended = async {
            for order in orders {
                ended(&close(node, Kind::Worker, *order)).await;
            }
            ended(&processors).await;
        };
        if until(all_ended, deadline.as_mut()).await.is_some() {
            break;
        }
        deadline.set(node.executor.sleep(SHUTDOWN_GRACE));
    }
    let error = cut_off(node);
    if let Some(error) = &error {
        tracing::warn!("{error}");
    }
    set_stopped(node, error);
}

/// Everything that runs has ended; contexts, asks and those that wait for the end hear of it.
pub(super) fn set_stopped(node: &Arc<Node>, error: Option<StopError>) {
    // Contexts without a worker belong to the program. The mark comes first, so one that is made
    // meanwhile is either refused or found here.
    node.stop.closed.store(true, Ordering::SeqCst);
    close(node, Kind::Detached, None);
    for ask in &node.asks.collect(|ask| Some(Arc::clone(ask))) {
        let text = || format!("no answer: the node {}", node.stop.progress());
        ask.fail(Error::with_text(ErrorKind::Stopped, text));
    }
    node.transports.close();
    node.dead_letters.close();
    #[cfg(feature = "std")]
    node.leave_runtime();
    node.stop.set(error);
}

/// Lists everything of a kind, and of an order if one is named.
fn cells(node: &Node, kind: Kind, order: Option<StopOrder>) -> Vec<Arc<Cell>> {
    node.workers.collect(|cell| {
        let is_meant = cell.kind() == kind && order.is_none_or(|order| cell.stop_order() == order);
        is_meant.then(|| Arc::clone(cell))
    })
}

/// Asks them to stop, and returns those that have not ended yet.
fn close(node: &Arc<Node>, kind: Kind, order: Option<StopOrder>) -> Vec<Arc<Cell>> {
    let mut cells = cells(node, kind, order);
    cells.retain(|cell| {
        match cell.request_stop() {
            Stopping::Requested(wakers) => wake(wakers),
            Stopping::ShutDown(sleeping) => sleeping.shut_down(node, Arc::clone(cell)),
            Stopping::Ended => {}
        }
        !cell.has_ended()
    });
    cells
}

async fn ended(cells: &[Arc<Cell>]) {
    for cell in cells {
        cell.ended().await;
    }
}

/// Returns the name of a type for whoever reads the error; in full where nothing is formatted.
fn name(of: TypeName) -> String {
    if TEXTS { of.to_string() } else { of.as_str().into() }
}

/// Ends what has not ended by itself.
pub(super) fn cut_off(node: &Arc<Node>) -> Option<StopError> {
    let (mut cut_off, mut undelivered) = (Vec::new(), 0);
    for kind in [Kind::Worker, Kind::Processor] {
        for cell in &cells(node, kind, None) {
            let ending = node.end(cell, DeadLetterReason::CutOff);
            if !ending.again {
                cut_off.push((cell.address().clone(), name(cell.type_name())));
                undelivered += ending.lost + cell.in_hand();
            }
        }
    }
    if TEXTS {
        cut_off.sort_unstable();
    }
    (!cut_off.is_empty()).then_some(StopError { cut_off, undelivered })
}
