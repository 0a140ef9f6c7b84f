//! One worker, processor or detached context, as the router sees it: addresses and a life.
//!
//! ```text
//!            settle, no message yet          push: the first message gives it a task
//! Starting ─────────────────────────> Asleep ────────────────────────────────────> Awake
//!    │  └── settle, messages are there ────── sleep: nothing to do for a while <──┘  │
//!    │                                   │                                           │
//!    └─ initialize failed ──> Ended <────┴───────────── stop, panic, cut ────────────┘
//! ```
//!
//! An idle worker is `Asleep`: it is its own struct, its addresses and this cell. It has no task
//! and no queue. The lock is held for a few instructions, never while user code runs.

#[cfg(feature = "std")]
pub(crate) mod byte_budget;
pub(crate) mod drain;
mod ended;
mod ending;
pub(crate) mod inbox;
pub(crate) mod kind;
mod marks;
#[cfg(feature = "std")]
mod progress;
mod sleeping;
mod traffic;

pub(crate) use ended::OnEnd;
pub(crate) use ending::{Cut, Ending};
pub(crate) use kind::{CellMeta, Kind};
pub(crate) use sleeping::SleepingWorker;
pub(crate) use traffic::Batch;

use self::marks::Marks;
use crate::cell::drain::Drain;
use crate::cell::inbox::{Bounds, Inbox, Limits};
use crate::lifecycle::stop_order::StopOrder;
#[cfg(feature = "std")]
use crate::program::discard;
use crate::program::wake;
use crate::sync::Lock;
use crate::table::Keyed;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
#[cfg(feature = "std")]
use core::sync::atomic::AtomicU16;
use core::sync::atomic::{AtomicU8, AtomicU32};
#[cfg(feature = "std")]
use core::task::Poll;
use core::task::Waker;
#[cfg(feature = "std")]
use ockam_core::Mailbox;
use ockam_core::{Address, LocalMessage, Mailboxes, TypeName};

pub(crate) struct Cell {
    mailboxes: Mailboxes,
    about: &'static CellMeta,
    limits: Limits,
    /// The next ticket in the line of senders. It outlives the inbox, so that a sender that has
    /// not looked since its line was given up never takes another's ticket for its own.
    next_ticket: AtomicU32,
    /// How many messages are neither in the inbox nor handled. Only the worker's task writes it.
    in_hand: AtomicU8,
    /// What holds of the cell and is read without its lock.
    marks: Marks,
    /// The mark of the hop by which the message came that is being handled. Only the worker's task
    /// writes it.
    #[cfg(feature = "std")]
    came_by: AtomicU16,
    state: Lock<State>,
}

enum State {
    /// `initialize` runs; the inbox exists if a message came already.
    Starting(Option<Box<Inbox>>),
    Asleep(Box<dyn SleepingWorker>),
    Awake(Box<Inbox>),
    /// The inbox stays, for those who wait for that, until the worker's code has been dropped that
    /// was cut off.
    Ended(Option<Box<Inbox>>),
}

/// What became of a push.
pub(crate) enum Pushed {
    Done(Option<Waker>),
    /// The message is in; its worker has to be given a task.
    Awaken(Box<dyn SleepingWorker>),
    Full(LocalMessage),
    Closed(LocalMessage),
}

/// What a worker's loop finds to do.
pub(crate) enum NextStep {
    Message(LocalMessage),
    /// All messages are handled and a stop was asked for.
    Stop,
    /// There was nothing to do for a while.
    Rest,
}

/// What has to be done for a stop that was asked for.
pub(crate) enum Stopping {
    /// The cell's task sees to it.
    Requested(Vec<Waker>),
    /// The worker slept; the caller sees to it.
    ShutDown(Box<dyn SleepingWorker>),
    /// It had ended before.
    Ended,
}

impl Cell {
    /// Makes the cell of something that starts, with room for as much as `limits` say.
    pub(crate) fn starting(
        mailboxes: Mailboxes,
        about: &'static CellMeta,
        stop_order: StopOrder,
        limits: impl Into<Limits>,
    ) -> Arc<Self> {
        Arc::new(Cell {
            mailboxes,
            about,
            limits: limits.into(),
            next_ticket: AtomicU32::new(0),
            in_hand: AtomicU8::new(0),
            marks: Marks::new(stop_order),
            #[cfg(feature = "std")]
            came_by: AtomicU16::new(0),
            state: Lock::new(State::Starting(None)),
        })
    }

    pub(crate) fn mailboxes(&self) -> &Mailboxes {
        &self.mailboxes
    }

    pub(crate) fn address(&self) -> &Address {
        self.mailboxes.primary_address()
    }

    pub(crate) fn kind(&self) -> Kind {
        self.about.kind
    }

    pub(crate) fn stop_order(&self) -> StopOrder {
        self.marks.stop_order()
    }

    pub(crate) fn type_name(&self) -> TypeName {
        (self.about.type_name)()
    }

    #[inline]
    pub(crate) fn bounds(&self) -> Bounds {
        self.limits.bounds()
    }

    /// Returns how many bytes the inbox may hold, or could if a shared budget were not taken.
    #[cfg(feature = "std")]
    pub(crate) fn most_bytes(&self) -> usize {
        self.limits.shared().map_or(self.bounds().bytes, |shared| shared.most) as usize
    }

    /// Calls `f` with the inbox, if there is one; a sleeping cell has none.
    fn with_inbox<R>(&self, f: impl FnOnce(&mut Inbox) -> R) -> Option<R> {
        self.state.with(|state| match state {
            State::Awake(inbox) | State::Starting(Some(inbox)) => Some(f(inbox)),
            State::Starting(None) | State::Ended(_) | State::Asleep(_) => None,
        })
    }

    /// Ends the start: the worker is reachable. It sleeps, or gets a task if messages came.
    /// Gives the worker back if a stop was asked for in the meantime.
    pub(crate) fn settle<W>(
        &self,
        worker: Box<W>,
        asleep: impl FnOnce(Box<W>) -> Box<dyn SleepingWorker>,
    ) -> Settled<W> {
        let (settled, _unused) = self.state.with(|state| match state {
            State::Starting(inbox) if inbox.as_ref().is_none_or(|inbox| inbox.is_blank()) => {
                let inbox = inbox.take();
                *state = State::Asleep(asleep(worker));
                (Settled::Asleep, inbox)
            }
            State::Starting(Some(inbox)) if !inbox.stop => {
                *state = State::Awake(mem::take(inbox));
                (Settled::Awake(worker), None)
            }
            _ => (Settled::Stopped(worker), None),
        });
        settled
    }

    /// Ends the start of what has a task from the beginning; `false` if a stop was asked for.
    pub(crate) fn settle_awake(&self) -> bool {
        self.state.with(|state| match state {
            State::Starting(inbox) if inbox.as_ref().is_none_or(|inbox| !inbox.stop) => {
                *state = State::Awake(inbox.take().unwrap_or_default());
                true
            }
            _ => false,
        })
    }

    /// Gives the task up: the worker sleeps until the next message. Gives it back if there is
    /// something to do.
    pub(crate) fn sleep<W>(
        &self,
        worker: Box<W>,
        drain: &Drain,
        asleep: impl FnOnce(Box<W>) -> Box<dyn SleepingWorker>,
    ) -> Result<(), Box<W>> {
        let inbox = self.state.with(|state| match state {
            State::Awake(inbox)
                if inbox.is_empty() && !inbox.stop && !inbox.closed && inbox.on_end.is_empty() =>
            {
                drain.leave(&mut inbox.counted);
                Ok(mem::replace(state, State::Asleep(asleep(worker))))
            }
            _ => Err(worker),
        });
        // The old inbox holds wakers; they are woken and dropped without the lock. A sender that
        // has not taken the place granted to it does not keep the others from the empty mailbox.
        inbox.map(|state| {
            if let State::Awake(mut inbox) = state {
                wake(inbox.close());
            }
        })
    }

    /// Refuses messages from now on and lets the cell end when its messages are handled.
    pub(crate) fn request_stop(&self) -> Stopping {
        self.state.with(|state| {
            let inbox = match state {
                State::Ended(_) => return Stopping::Ended,
                State::Awake(inbox) => inbox,
                State::Starting(inbox) => inbox.get_or_insert_default(),
                State::Asleep(_) => {
                    let mut inbox = Box::<Inbox>::default();
                    (inbox.closed, inbox.stop) = (true, true);
                    return match mem::replace(state, State::Awake(inbox)) {
                        State::Asleep(sleeping) => Stopping::ShutDown(sleeping),
                        _ => Stopping::Ended,
                    };
                }
            };
            inbox.stop = true;
            let mut wakers = inbox.close();
            if self.about.kind == Kind::Processor {
                // It does not wait for messages: it is interrupted wherever it waits.
                wakers.extend(inbox.task.clone());
            }
            Stopping::Requested(wakers)
        })
    }

    /// Tells whether `initialize` still runs.
    pub(crate) fn is_starting(&self) -> bool {
        self.state.with(|state| matches!(state, State::Starting(_)))
            && self.kind() != Kind::Detached
    }

    /// Tells whether a stop was asked for, or has happened.
    pub(crate) fn is_stopping(&self) -> bool {
        self.state.with(|state| match state {
            State::Awake(inbox) | State::Starting(Some(inbox)) => inbox.stop,
            State::Ended(_) => true,
            State::Asleep(_) | State::Starting(None) => false,
        })
    }

    /// As [`is_stopping`](Self::is_stopping), and wakes the worker, which is in its handler, when that
    /// is so. A message wakes it as well.
    #[cfg(feature = "std")]
    pub(crate) fn poll_stopping(&self, waker: &Waker) -> Poll<()> {
        let waker = waker.clone();
        // What was known is dropped without the lock.
        let (poll, _known) = self.state.with(|state| match state {
            State::Awake(inbox) | State::Starting(Some(inbox)) if !inbox.stop => {
                (Poll::Pending, inbox.receiver.replace(waker))
            }
            State::Asleep(_) | State::Starting(None) => (Poll::Pending, None),
            _ => (Poll::Ready(()), None),
        });
        poll
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.state.with(|state| matches!(state, State::Ended(_)))
    }

    /// Asks a worker to rest if it took nothing since it had taken `taken` messages. Returns how
    /// many it has taken by now, or `None` if its task needs no more looking after.
    pub(crate) fn request_rest(&self, taken: u32) -> Option<u32> {
        let (answer, waker) = self.state.with(|state| match state {
            State::Awake(inbox) if inbox.taken != taken || !inbox.idle => (Some(inbox.taken), None),
            State::Awake(inbox) => {
                inbox.rest = true;
                (None, inbox.receiver.take())
            }
            _ => (None, None),
        });
        wake(waker);
        answer
    }

    /// Counts the worker as busy if it is, at the beginning of a node's stop.
    pub(crate) fn count(&self, drain: &Drain) {
        self.state.with(|state| match state {
            // Without a message a start is no work. With one it may be at work on what it received.
            State::Starting(Some(inbox)) if inbox.is_empty() && inbox.taken == 0 => {}
            State::Awake(inbox) | State::Starting(Some(inbox)) if !inbox.idle => {
                drain.enter(self.about.kind, &mut inbox.counted);
            }
            _ => {}
        });
    }
}

/// Rules, a worker at rest and messages that nobody fetched are the program's, and the last pointer
/// to a cell may be dropped anywhere.
#[cfg(feature = "std")]
impl Drop for Cell {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        if !matches!(state, State::Ended(None)) {
            discard(mem::replace(state, State::Ended(None)));
        }
        if self.mailboxes.ask_rules() {
            let none = Mailbox::deny_all(Address::default());
            discard(mem::replace(&mut self.mailboxes, none.into()));
        }
    }
}

/// How a start went on.
pub(crate) enum Settled<W> {
    Asleep,
    Awake(Box<W>),
    Stopped(Box<W>),
}

impl Keyed for Cell {
    #[inline]
    fn has_key(&self, address: &Address) -> bool {
        self.mailboxes.find(address).is_some()
    }
}
