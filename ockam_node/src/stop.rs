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

use crate::cell::{Cell, Kind, Stopping};
use crate::context::Handle;
use crate::dead_letter::DeadLetterReason;
use crate::executor::until;
use crate::node::Node;
use crate::program::wake;
use crate::stop_order::StopOrder;
use crate::sync::Lock;
use crate::wait_list::{Number, WaitList};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, Result, TEXTS, TypeName};

/// How long the `shutdown` hooks may take when the deadline has passed already.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(100);

/// How many of the workers that were cut off the error's text names.
const NAMED: usize = 5;

/// Where a node's stop is.
pub(crate) struct StopState {
    begun: AtomicBool,
    /// Contexts are refused too.
    closed: AtomicBool,
    /// The runtime was dropped before the node had stopped.
    #[cfg(feature = "std")]
    lost: AtomicBool,
    outcome: Lock<Outcome>,
}

#[derive(Default)]
struct Outcome {
    over: bool,
    error: Option<StopError>,
    /// Something has panicked in the stop itself.
    #[cfg(feature = "std")]
    panicked: bool,
    waiting: WaitList<Moment>,
}

/// A moment of a stop that can be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(Hash))]
pub(crate) enum Moment {
    /// No new workers are taken.
    Begun,
    /// Everything has ended.
    Over,
}

/// Says what a node's stop cut off at its deadline.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "texts", derive(Debug))]
pub struct StopError {
    cut_off: Vec<(Address, String)>,
    undelivered: usize,
}

impl StopError {
    /// Lists the workers that were cut off, with the names of their types.
    pub fn cut_off(&self) -> impl Iterator<Item = (&Address, &str)> {
        self.cut_off.iter().map(|(address, name)| (address, name.as_str()))
    }

    /// Counts the messages that waited for them.
    #[must_use]
    pub fn undelivered(&self) -> usize {
        self.undelivered
    }
}

#[cfg(not(feature = "texts"))]
impl fmt::Debug for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return fmt::Display::fmt(&ErrorKind::TimedOut, f);
        }
        let count = self.cut_off.len();
        let s = if count == 1 { "" } else { "s" };
        write!(f, "the node stopped at its deadline and cut off {count} busy worker{s}:")?;
        for (address, name) in self.cut_off.iter().take(NAMED) {
            write!(f, " {address} (`{name}`)")?;
        }
        if count > NAMED {
            f.write_str(" ...")?;
        }
        match self.undelivered {
            0 => Ok(()),
            1 => f.write_str("; 1 message was not handled"),
            many => write!(f, "; {many} messages were not handled"),
        }
    }
}

impl core::error::Error for StopError {}

impl StopState {
    pub(crate) fn new() -> Self {
        StopState {
            begun: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            #[cfg(feature = "std")]
            lost: AtomicBool::new(false),
            outcome: Lock::new(Outcome::default()),
        }
    }

    /// Tells whether the node takes no new workers.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// Tells whether the node takes nothing new any more, not even contexts without a worker.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Says for the text of an error how far the stop has come.
    pub(crate) fn progress(&self) -> &'static str {
        #[cfg(feature = "std")]
        if self.is_lost() {
            return "has ended with its runtime";
        }
        if self.is_closed() { "has stopped" } else { "is stopping" }
    }

    /// Tells whether the runtime was dropped before the node had stopped.
    #[cfg(feature = "std")]
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Returns a future that is done when the node has stopped.
    pub(crate) fn stopped(&self) -> Reached<'_> {
        self.reached(Moment::Over)
    }

    /// Returns a future that is done when the stop has come so far.
    pub(crate) fn reached(&self, moment: Moment) -> Reached<'_> {
        Reached { state: self, moment, number: None }
    }

    fn set(&self, error: Option<StopError>) {
        self.outcome.with(|outcome| {
            outcome.over = true;
            outcome.error = error;
        });
        self.wake(Moment::Over);
    }

    fn wake(&self, moment: Moment) {
        if let Some(wakers) = self.outcome.with(|outcome| outcome.waiting.take(&moment)) {
            wake(wakers);
        }
    }
}

/// Waits until a stop has come so far. Dropped before, it leaves nothing behind: nodes run for
/// years.
pub(crate) struct Reached<'a> {
    state: &'a StopState,
    moment: Moment,
    /// The number it waits under.
    number: Option<Number>,
}

impl Future for Reached<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (state, moment, waker) = (self.state, self.moment, cx.waker().clone());
        let (polled, _known) = state.outcome.with(|outcome| {
            // A stop marks its beginning before it looks for those who wait for it.
            if outcome.over || (moment == Moment::Begun && state.has_begun()) {
                return (Poll::Ready(()), None);
            }
            let number = *self.number.get_or_insert_with(|| outcome.waiting.number());
            (Poll::Pending, outcome.waiting.wait(number, waker, &moment))
        });
        polled
    }
}

impl Drop for Reached<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let left = |outcome: &mut Outcome| outcome.waiting.leave(number, &self.moment);
            drop(self.state.outcome.with(left));
        }
    }
}

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

async fn run(node: &Arc<Node>, limit: Duration) {
    let mut deadline = core::pin::pin!(node.executor.sleep(limit));
    let processors = close(node, Kind::Processor, None);
    if !limit.is_zero() {
        node.drain.begin();
        for cell in &cells(node, Kind::Worker, None) {
            cell.count(&node.drain);
        }
        node.drain.scanned();
        let quiet = async {
            // What they send with their last breath is handled as well.
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
fn set_stopped(node: &Arc<Node>, error: Option<StopError>) {
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

/// The runtime is being dropped, and all tasks of the node with it: nothing can be stopped in good
/// order any more. Those that wait for something of this node, in other threads, are told.
#[cfg(feature = "std")]
pub(crate) fn runtime_ended(node: &Arc<Node>) {
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
fn lost() -> Error {
    Error::with_kind(
        ErrorKind::Stopped,
        "the node was not stopped: its runtime was dropped before, and its workers with it; await \
         `stop` before the runtime ends",
    )
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
            Stopping::ShutDown(resident) => resident.shut_down(node, Arc::clone(cell)),
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
fn cut_off(node: &Arc<Node>) -> Option<StopError> {
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
