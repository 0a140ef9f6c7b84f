//! A worker's cell, and what a node and an executor do with it.
//!
//! `send` is what `deliver` does, `work` and `finish` are what `actor` does, without a node. Unless
//! told otherwise, whose push awakens a worker runs it, there and then.

use super::{block_on, id, message};
use crate::cell::byte_budget::ByteBudget;
use crate::cell::drain::Drain;
use crate::cell::inbox::{Bounds, InLine, Limits, Shared, Weight};
use crate::cell::{
    Batch, Cell, CellMeta, Cut, Kind, NextStep, Pushed, Settled, SleepingWorker, Stopping,
};
use crate::lifecycle::stop_order::StopOrder;
use crate::node::Node;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Poll, Waker};
use loom::thread::{self, JoinHandle};
use ockam_core::{LocalMessage, Mailbox, TypeName};
use std::sync::Mutex;

/// What became of the messages of a model, by their ids.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) handled: Vec<u8>,
    /// Those that a sender got back.
    pub(super) returned: Vec<u8>,
    /// Those whose sends returned `Ok`, where a model writes that down.
    pub(super) done: Vec<u8>,
    /// Those that were accepted, and that the worker's end found.
    pub(super) undelivered: Vec<u8>,
    /// Those that stood in line, in the order of their places.
    pub(super) in_line: Vec<u8>,
}

/// A worker's cell, with what a node and an executor have for it.
pub(super) struct Stage {
    pub(super) cell: Arc<Cell>,
    pub(super) drain: Arc<Drain>,
    /// Under the standard library's mutex: to write something down is no step of a model.
    ledger: Mutex<Ledger>,
    /// What a context has taken and not handled yet.
    batch: Mutex<Batch>,
    /// The worker has a task, or is in its start or its end.
    busy: AtomicBool,
}

/// The worker itself; whoever is handed it makes it anew, since its trait needs a whole node.
struct Sleeper;

impl SleepingWorker for Sleeper {
    fn awaken(self: Box<Self>, _: &Arc<Node>, _: Arc<Cell>) {
        unreachable!("a model gives the worker a task itself")
    }

    fn shut_down(self: Box<Self>, _: &Arc<Node>, _: Arc<Cell>) {
        unreachable!("a model ends the worker itself")
    }

    fn shut_down_apart(self: Box<Self>, _: &Arc<Node>, _: Arc<Cell>) {
        unreachable!("a model ends the worker itself")
    }
}

const NO_PANIC: &str = "a model ends with its first panic";

pub(super) static WORKER: CellMeta =
    CellMeta { kind: Kind::Worker, type_name: TypeName::of::<Sleeper> };

impl Stage {
    /// Sets up a worker that starts.
    pub(super) fn starting(capacity: u32) -> Arc<Self> {
        Self::new(&WORKER, capacity, Arc::new(Drain::new()))
    }

    /// Sets up a worker that sleeps.
    pub(super) fn asleep(capacity: u32) -> Arc<Self> {
        let stage = Self::starting(capacity);
        stage.settle();
        stage
    }

    /// Sets up a worker that has a task and no message.
    pub(super) fn awake(capacity: u32) -> Arc<Self> {
        let stage = Self::starting(capacity);
        stage.cell.settle_awake();
        stage
    }

    pub(super) fn new(about: &'static CellMeta, capacity: u32, drain: Arc<Drain>) -> Arc<Self> {
        Self::with_bounds(about, Bounds { messages: capacity, ..Bounds::NONE }, drain)
    }

    pub(super) fn with_bounds(
        about: &'static CellMeta,
        bounds: Bounds,
        drain: Arc<Drain>,
    ) -> Arc<Self> {
        let mailbox = Mailbox::allow_all("worker").into();
        Self::of(Cell::starting(mailbox, about, StopOrder::Worker, bounds), drain)
    }

    /// Sets up a worker that starts, whose messages all count as part of a budget.
    pub(super) fn with_budget(budget: &ByteBudget) -> Arc<Self> {
        let shared = Shared { budget: budget.clone(), most: u32::MAX };
        let bounds = Bounds { bytes: 0, ..Bounds::NONE };
        let mailbox = Mailbox::allow_all("worker").into();
        let limits = Limits::sharing(bounds, shared);
        let cell = Cell::starting(mailbox, &WORKER, StopOrder::Worker, limits);
        Self::of(cell, Arc::new(Drain::new()))
    }

    fn of(cell: Arc<Cell>, drain: Arc<Drain>) -> Arc<Self> {
        let (ledger, batch) = (Mutex::default(), Mutex::default());
        Arc::new(Stage { cell, drain, ledger, batch, busy: AtomicBool::new(true) })
    }

    /// Runs `act` on a thread of its own.
    pub(super) fn spawn<R: 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&Self) -> R + 'static,
    ) -> JoinHandle<R> {
        let stage = Arc::clone(self);
        thread::spawn(move || act(&stage))
    }

    pub(super) fn note(&self, write: impl FnOnce(&mut Ledger)) {
        write(&mut self.ledger.lock().expect(NO_PANIC));
    }

    /// Finds the next message, in hand or in the cell, or what else there is to do.
    pub(super) fn poll_turn(&self, waker: Option<&Waker>, may_rest: bool) -> Poll<NextStep> {
        let mut batch = mem::take(&mut *self.batch.lock().expect(NO_PANIC));
        let turn = match batch.messages.pop_front() {
            Some(message) => Poll::Ready(NextStep::Message(message)),
            None => self.cell.poll_turn(&mut batch, waker, may_rest, &self.drain),
        };
        *self.batch.lock().expect(NO_PANIC) = batch;
        turn
    }

    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    /// Takes the worker, which must not be with anybody else.
    fn take_up(&self) {
        assert!(!self.busy.swap(true, Ordering::Relaxed), "one task at a time");
    }

    /// Puts the worker to rest; called with the cell locked.
    fn lay_down(&self) -> Box<dyn SleepingWorker> {
        self.busy.store(false, Ordering::Relaxed);
        Box::new(Sleeper)
    }

    /// Checks that each message from 1 to `sent` has been written down once.
    pub(super) fn balance(&self, sent: u8) {
        self.note(|ledger| {
            let mut all = [&ledger.handled[..], &ledger.returned, &ledger.undelivered].concat();
            all.sort_unstable();
            assert_eq!(all, (1..=sent).collect::<Vec<_>>(), "each message once");
        });
    }

    /// Ends the start of the worker, and runs it if messages came.
    pub(super) fn settle(&self) {
        match self.cell.settle(Box::new(Sleeper), |_| self.lay_down()) {
            Settled::Asleep => {}
            Settled::Awake(_) => self.work(false),
            Settled::Stopped(_) => self.finish(),
        }
    }

    pub(super) fn work(&self, keeps_task: bool) {
        self.work_with(keeps_task, &|_| {});
    }

    /// Runs the worker until it sleeps or ends. One that keeps its task waits for messages until it is
    /// asked to rest.
    pub(super) fn work_with(&self, mut keeps_task: bool, handle: &dyn Fn(u8)) {
        loop {
            match self.next(&mut keeps_task) {
                NextStep::Message(message) => {
                    self.note(|ledger| ledger.handled.push(id(&message)));
                    handle(id(&message));
                }
                NextStep::Rest => {
                    let worker = Box::new(Sleeper);
                    if self.cell.sleep(worker, &self.drain, |_| self.lay_down()).is_ok() {
                        return;
                    }
                }
                NextStep::Stop => return self.finish(),
            }
        }
    }

    fn next(&self, keeps_task: &mut bool) -> NextStep {
        if !*keeps_task {
            return match self.poll_turn(None, true) {
                Poll::Ready(turn) => turn,
                Poll::Pending => NextStep::Rest,
            };
        }
        let turn = block_on(poll_fn(|cx| self.poll_turn(Some(cx.waker()), true)));
        *keeps_task = !matches!(turn, NextStep::Rest);
        turn
    }

    /// Ends the worker from its own task.
    pub(super) fn finish(&self) {
        if let Stopping::Requested(wakers) = self.cell.request_stop() {
            wakers.into_iter().for_each(Waker::wake);
        }
        while let Poll::Ready(NextStep::Message(message)) = self.poll_turn(None, false) {
            self.note(|ledger| ledger.undelivered.push(id(&message)));
        }
        assert!(self.end(), "it ends once");
    }

    /// Ends the cell; `false` if it had ended before.
    pub(super) fn end(&self) -> bool {
        self.end_with(Cut::No)
    }

    /// As [`end`](Self::end), and has the cell cut off.
    pub(super) fn cut(&self) -> bool {
        self.end_with(Cut::ByNode)
    }

    /// Kills the worker; `false` if it had ended before.
    pub(super) fn kill(&self) -> bool {
        self.end_with(Cut::Kill)
    }

    fn end_with(&self, cut: Cut) -> bool {
        let ending = self.cell.end(&self.drain, cut);
        self.note(|ledger| ledger.undelivered.extend(ending.undelivered.iter().map(id)));
        !ending.again
    }

    /// Pushes a message, and runs the worker here if it slept. Gives it back if there is no room.
    pub(super) fn push(&self, message: LocalMessage) -> Option<LocalMessage> {
        self.push_or(message, || self.work(false))
    }

    /// Pushes a message, and calls `awaken` if the worker slept, to run it.
    pub(super) fn push_or(
        &self,
        message: LocalMessage,
        awaken: impl FnOnce(),
    ) -> Option<LocalMessage> {
        match self.cell.push(message, &self.drain) {
            Pushed::Done(waker) => waker.into_iter().for_each(Waker::wake),
            Pushed::Awaken(_) => {
                self.take_up();
                awaken();
            }
            Pushed::Full(message) => return Some(message),
            Pushed::Closed(message) => self.note(|ledger| ledger.returned.push(id(&message))),
        }
        None
    }

    /// Sends a message, and waits for room.
    pub(super) fn send(&self, number: u8) {
        self.send_or(number, || self.work(false));
    }

    /// As [`send`](Self::send), and calls `awaken` if the worker slept, to run it.
    pub(super) fn send_or(&self, number: u8, awaken: impl Fn()) {
        let mut message = message(number);
        while let Some(full) = self.push_or(message, &awaken) {
            message = match self.stand_in_line(full) {
                Ok(place) => match block_on(place.wait()) {
                    Ok(()) => return,
                    Err(message) => message,
                },
                Err(message) => message,
            }
        }
    }

    pub(super) fn stand_in_line(&self, message: LocalMessage) -> Result<Place<'_>, LocalMessage> {
        match self.cell.stand_in_line(Weight::of(&message), Waker::noop(), &self.cell) {
            Some(ticket) => {
                // No thread runs between leaving the section and this.
                self.note(|ledger| ledger.in_line.push(id(&message)));
                Ok(Place { stage: self, ticket, message: Some(message) })
            }
            None => Err(message),
        }
    }

    /// Stops the worker as one of several may, and waits for its end.
    pub(super) fn stop(&self) {
        match self.cell.request_stop() {
            Stopping::Requested(wakers) => wakers.into_iter().for_each(Waker::wake),
            Stopping::ShutDown(_) => {
                self.take_up();
                self.finish();
            }
            Stopping::Ended => {}
        }
        block_on(self.cell.ended());
    }
}

/// A sender in the line of a full mailbox. Dropped, it leaves the line and takes its message along.
pub(super) struct Place<'a> {
    stage: &'a Stage,
    ticket: u32,
    message: Option<LocalMessage>,
}

impl Place<'_> {
    /// Waits until the message is in the mailbox. `Err` gives it back: the line was given up.
    pub(super) async fn wait(mut self) -> Result<(), LocalMessage> {
        poll_fn(|cx| self.poll(cx.waker())).await
    }

    /// Asks once.
    pub(super) fn poll(&mut self, waker: &Waker) -> Poll<Result<(), LocalMessage>> {
        let message = self.message.take().expect("it is not polled after its end");
        let (cell, drain) = (&self.stage.cell, &self.stage.drain);
        match cell.look_in_line(self.ticket, message, waker, drain) {
            InLine::Entered(receiver) => {
                receiver.into_iter().for_each(Waker::wake);
                Poll::Ready(Ok(()))
            }
            InLine::Waiting(message) => {
                self.message = Some(message);
                Poll::Pending
            }
            InLine::Gone(message) => Poll::Ready(Err(message)),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        // A model that has failed has no steps any more.
        if thread::panicking() {
            return;
        }
        if let Some(message) = self.message.take() {
            self.stage.cell.leave_line(self.ticket);
            self.stage.note(|ledger| ledger.returned.push(id(&message)));
        }
    }
}
