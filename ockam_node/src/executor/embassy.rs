//! The seam on embassy, for programs without an operating system.
//!
//! embassy's tasks are few and fixed when the program is built; a node has any number of futures
//! to run. So a node claims some tasks when it is built, its slots, and every future goes into the
//! slot that has the fewest:
//!
//! ```text
//!   spawn ──> incoming ─┐      slot = one embassy task, with its waker
//!                       v
//!   woken ──> poll all of [ future future .. ] ──> those that are done are dropped
//! ```
//!
//! While there are as many slots as futures, each has one to itself. With more, those in one slot
//! are all polled when one of them is woken: slower, and still right. So a worker that is woken
//! never waits for a slot, and workers that wait for each other, however many, cannot take all
//! slots and wait forever.
//!
//! The futures are polled with embassy's own wakers, so a worker may use embassy's timers and a
//! board's drivers. What holds a place for good, a processor or a delayed event, is counted: a
//! program that starts too many is told so.

use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use embassy_executor::SendSpawner;
use embassy_executor::raw::TaskPool;
use embassy_time_driver::{TICK_HZ, now, schedule_wake};
use ockam_core::{Error, ErrorKind, Result, SpareMessage};

use super::ticks::ticks_of;
use crate::sync::Lock;

/// How many task slots the nodes of a program have together.
///
/// Each takes the memory of one embassy task, some 60 bytes, whether it is used or not.
pub const MAX_TASK_SLOTS: usize = 16;

/// How many task slots a node claims, unless the builder says otherwise.
pub const DEFAULT_TASK_SLOTS: usize = 8;

/// How much memory a node keeps for the error that a start gets when the heap is empty.
const ERROR_RESERVE: usize = 512;

static POOL: TaskPool<TaskSlot, MAX_TASK_SLOTS> = TaskPool::new();

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where a node that is being built will run: what the program said of it so far.
#[derive(Clone)]
pub(crate) struct ExecutorConfig {
    pub(crate) spawner: Option<SendSpawner>,
    pub(crate) slots: usize,
}

impl ExecutorConfig {
    pub(crate) fn executor(&self) -> Result<Executor> {
        let spawner = self.spawner.ok_or_else(|| {
            Error::with_text(ErrorKind::InvalidInput, || {
                "a node needs an executor: give the builder a spawner of the program's embassy \
                 executor, with `with_spawner`"
            })
        })?;
        Executor::new(spawner, self.slots)
    }
}

impl Default for ExecutorConfig {
    fn default() -> Self {
        ExecutorConfig { spawner: None, slots: DEFAULT_TASK_SLOTS }
    }
}

impl fmt::Debug for ExecutorConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutorConfig").field("slots", &self.slots).finish_non_exhaustive()
    }
}

/// Runs the tasks of a node in slots of embassy's executor.
#[derive(Clone)]
pub struct Executor(Arc<Crew>);

/// The slots of one node. They end when it is dropped.
struct Crew {
    slots: Vec<Arc<Board>>,
    /// How many places are held by what stays: processors and delayed events.
    held: AtomicUsize,
    /// Memory for the error that says that there is none.
    reserve: Lock<Vec<u8>>,
}

/// What a slot and those who give it work share.
#[derive(Default)]
struct Board {
    /// How many futures the slot has, those that it has not taken yet included.
    load: AtomicUsize,
    incoming: Lock<Incoming>,
}

#[derive(Default)]
struct Incoming {
    jobs: Vec<Job>,
    /// Unknown until the slot ran for the first time, which it does by itself.
    waker: Option<Waker>,
    over: bool,
}

/// The embassy task that runs the futures of one slot.
struct TaskSlot {
    board: Arc<Board>,
    running: Vec<Job>,
    begun: bool,
}

/// A place that is held as long as this lives.
pub(crate) struct TaskPlace(Arc<Crew>);

impl Executor {
    /// Claims slots in the executor that a spawner belongs to.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if `slots` is not between 1 and
    /// [`MAX_TASK_SLOTS`], [`Full`](ErrorKind::Full) if other nodes have too many of them.
    pub fn new(spawner: SendSpawner, slots: usize) -> Result<Self> {
        if slots == 0 || slots > MAX_TASK_SLOTS {
            return Err(Error::with_text(ErrorKind::InvalidInput, || {
                format!("a node has between 1 and {MAX_TASK_SLOTS} task slots, not {slots}")
            }));
        }
        let mut crew = Crew {
            slots: Vec::with_capacity(slots),
            held: AtomicUsize::new(0),
            reserve: Lock::new(Vec::with_capacity(ERROR_RESERVE)),
        };
        for _ in 0..slots {
            let board = Arc::new(Board::default());
            let slot = || TaskSlot { board: Arc::clone(&board), running: Vec::new(), begun: false };
            // What was claimed before ends with `crew`.
            let token = POOL.spawn(slot).map_err(|_| no_slots(slots))?;
            spawner.spawn(token);
            crew.slots.push(board);
        }
        Ok(Executor(Arc::new(crew)))
    }

    /// Runs a future as a task of its own.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let load = |board: &&Arc<Board>| board.load.load(Ordering::Relaxed);
        if let Some(board) = self.0.slots.iter().min_by_key(load) {
            board.add(Box::pin(future));
        }
    }

    /// Holds a place for something that stays. One is always left for workers.
    ///
    /// # Errors
    /// [`Full`](ErrorKind::Full) if all others are held.
    pub(crate) fn hold_place(&self) -> Result<TaskPlace> {
        let most = self.0.slots.len() - 1;
        let take = |held| (held < most).then_some(held + 1);
        match self.0.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) {
            Ok(_) => Ok(TaskPlace(Arc::clone(&self.0))),
            Err(_) => Err(Error::with_text(ErrorKind::Full, || {
                format!(
                    "all {most} task slots for processors and delayed events are taken: stop one, \
                     or build the node with more (`with_task_slots`)"
                )
            })),
        }
    }

    /// Tells whether the heap has a piece of so many bytes now. If it has not, there is memory for
    /// an error that says so.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.0.reserve.with(|reserve| {
            let kept = reserve.capacity() > 0 || reserve.try_reserve_exact(ERROR_RESERVE).is_ok();
            if kept && Vec::<u8>::new().try_reserve_exact(bytes).is_ok() {
                return true;
            }
            *reserve = Vec::new();
            false
        })
    }

    /// Returns a future that is done after `duration`.
    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        Sleep(deadline(duration))
    }
}

fn no_slots(wanted: usize) -> Error {
    Error::with_text(ErrorKind::Full, || {
        format!(
            "there are no {wanted} free task slots: the nodes of a program have {MAX_TASK_SLOTS} \
             together"
        )
    })
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("slots", &self.0.slots.len()).finish()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for board in &self.slots {
            board.end();
        }
    }
}

impl Drop for TaskPlace {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Board {
    fn add(&self, job: Job) {
        let waker = self.incoming.with(|incoming| {
            incoming.jobs.push(job);
            // Inside the lock, so that the slot never sees a load without its job.
            self.load.fetch_add(1, Ordering::Relaxed);
            incoming.waker.clone()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn end(&self) {
        let waker = self.incoming.with(|incoming| {
            incoming.over = true;
            incoming.waker.clone()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Future for TaskSlot {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let TaskSlot { board, running, begun } = &mut *self;
        if !mem::replace(begun, true) {
            board.incoming.with(|incoming| incoming.waker = Some(cx.waker().clone()));
        }
        let before = running.len();
        if board.load.load(Ordering::Relaxed) != before {
            board.incoming.with(|incoming| running.append(&mut incoming.jobs));
        }
        let all = running.len();
        running.retain_mut(|job| job.as_mut().poll(cx).is_pending());
        let done = all - running.len();
        if done > 0 {
            board.load.fetch_sub(done, Ordering::Relaxed);
        }
        // Nobody adds to a slot that is over, since its node is gone.
        if running.is_empty() && board.incoming.with(|incoming| incoming.over) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// A point in time, in ticks of the program's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(u64);

/// Waits for a point in time.
pub(crate) struct Sleep(Instant);

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        poll_until(self.0, cx)
    }
}

/// Asks to be woken at a point in time, unless that has come. A slot has one timer, set to the
/// earliest time that one of its futures waits for, so every poll has to ask again.
fn poll_until(deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
    if now() >= deadline.0 {
        return Poll::Ready(());
    }
    schedule_wake(deadline.0, cx.waker());
    Poll::Pending
}

/// The timer of a wait; with embassy there is nothing to keep from one wait to the next.
#[derive(Default)]
pub(crate) struct Alarm {}

impl Alarm {
    /// Waits until `deadline`.
    pub(crate) fn poll(
        &mut self,
        _: &Executor,
        deadline: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        poll_until(deadline, cx)
    }
}

/// Returns the time after `limit`, or one so far away that nobody sees it come.
///
/// A part of a tick counts as one, and so does the part of the present tick that is over, because
/// a wait is never shorter than was asked for.
pub(crate) fn deadline(limit: Duration) -> Instant {
    let part = ticks_of::<TICK_HZ>(limit.subsec_nanos());
    let ticks = limit.as_secs().saturating_mul(TICK_HZ).saturating_add(part);
    // Half of the clock's range, so that sums stay within it.
    let ticks = ticks.min(u64::MAX / 2);
    Instant(now() + ticks + u64::from(ticks > 0))
}

/// There is no source of random bytes that could be taken for granted.
pub(crate) fn random(_: &mut [u8]) -> Result<()> {
    Err(Error::with_text(ErrorKind::InvalidInput, || {
        "a node without an operating system needs a source of random bytes: give the builder the \
         board's, with `with_random`"
    }))
}

/// Memory of messages that were handled, for the next ones: two that go back and forth need no
/// allocation.
static SPARE: Lock<[Option<SpareMessage>; 2]> = Lock::new([None, None]);

/// Returns the memory for a message.
pub(crate) fn spare_message() -> SpareMessage {
    let spare = SPARE.with(|spare| spare.iter_mut().find_map(Option::take));
    spare.unwrap_or_else(|| SpareMessage::new(recycle))
}

/// Takes the memory of a message that is gone.
fn recycle(memory: SpareMessage) {
    let refused = SPARE.with(|spare| match spare.iter_mut().find(|place| place.is_none()) {
        Some(place) => {
            *place = Some(memory);
            None
        }
        None => Some(memory),
    });
    drop(refused);
}
