//! The end of a cell: once, whoever brings it about, and who waits for it.
//!
//! A cell that is cut off has ended before its code is dropped, because that happens in the task
//! that runs it, and may have to wait until the code gives the thread back.

use super::marks::CUT;
#[cfg(feature = "std")]
use super::marks::{DISCARDS, KILLED};
use super::{Cell, SleepingWorker, State};
use crate::cell::drain::Drain;
use crate::cell::inbox::Queue;
use crate::program::wake;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;
use core::task::Waker;
#[cfg(feature = "std")]
use {crate::ask::reply_to::ReplyTo, crate::cell::inbox::Inbox};

/// What brings a cell's end about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Nothing: it comes to its end.
    No,
    /// The node's stop at its deadline, or the end of its task.
    ByNode,
    /// The program has it killed.
    #[cfg(feature = "std")]
    Kill,
}

/// What is left when a cell has ended.
#[derive(Default)]
pub(crate) struct Ending {
    pub(crate) undelivered: Queue,
    /// How many they were, once they are accounted for.
    pub(crate) lost: usize,
    /// Who waits for answers to messages that were discarded before.
    #[cfg(feature = "std")]
    pub(crate) askers: Vec<ReplyTo>,
    /// A worker that slept; it is dropped outside of the lock.
    pub(crate) sleeping: Option<Box<dyn SleepingWorker>>,
    /// The cell had ended before.
    pub(crate) again: bool,
}

impl Cell {
    /// Ends the cell, once. Returns the messages that nobody will handle, and a worker that slept.
    /// One that is `cut` off has its task woken, which drops the worker's code where it waits.
    pub(crate) fn end(&self, drain: &Drain, cut: Cut) -> Ending {
        let mut ending = Ending::default();
        #[cfg(feature = "std")]
        let is_killed = cut == Cut::Kill;
        let cut = cut != Cut::No;
        let (wakers, inbox) = self.state.with(|state| {
            let inbox = match mem::replace(state, State::Ended(None)) {
                State::Awake(inbox) | State::Starting(Some(inbox)) => Some(inbox),
                // Its `initialize` runs, and who has it cut off waits until it is dropped.
                State::Starting(None) if cfg!(feature = "std") && cut => Some(Box::default()),
                State::Asleep(sleeping) => {
                    ending.sleeping = Some(sleeping);
                    None
                }
                State::Starting(None) => None,
                State::Ended(inbox) => {
                    ending.again = true;
                    *state = State::Ended(inbox);
                    return (Vec::new(), None);
                }
            };
            if cut {
                self.marks.set(CUT);
                // What had ended before was not killed.
                #[cfg(feature = "std")]
                if is_killed {
                    self.marks.set(KILLED);
                }
            }
            let Some(mut inbox) = inbox else {
                return (Vec::new(), None);
            };
            drain.leave(&mut inbox.counted);
            ending.undelivered = inbox.drain();
            let mut wakers = inbox.close();
            wakers.extend(inbox.on_end.take());
            #[cfg(feature = "std")]
            {
                ending.askers = mem::take(&mut inbox.askers);
            }
            if cut {
                wakers.extend(inbox.task.take());
                if cfg!(feature = "std") {
                    *state = State::Ended(Some(inbox));
                    return (wakers, None);
                }
            }
            (wakers, Some(inbox))
        });
        // It holds wakers, which may be the program's, and are dropped without the lock.
        drop(inbox);
        wake(wakers);
        ending
    }

    /// Tells whether the worker's code is to be dropped where it waits.
    #[inline]
    pub(crate) fn is_cut(&self) -> bool {
        self.marks.has(CUT)
    }

    /// Tells the cell which waker wakes its task.
    pub(crate) fn set_task(&self, waker: &Waker) {
        let known = self.with_inbox(|inbox| inbox.task.replace(waker.clone()));
        // Dropped without the lock.
        drop(known);
    }
}

#[cfg(feature = "std")]
impl Cell {
    /// Tells the cell which waker wakes the task that waits for its `initialize`.
    pub(crate) fn set_starter(&self, waker: &Waker) {
        let known = self.state.with(|state| match state {
            State::Starting(inbox) => {
                let task = &mut inbox.get_or_insert_default().task;
                let is_known = task.as_ref().is_some_and(|known| known.will_wake(waker));
                if is_known { None } else { task.replace(waker.clone()) }
            }
            _ => None,
        });
        // Dropped without the lock.
        drop(known);
    }

    /// Tells whether it was the program that had the worker cut off.
    pub(crate) fn is_killed(&self) -> bool {
        self.marks.has(KILLED)
    }

    /// Tells whether the worker handles no more messages, not even those that it has taken.
    #[inline]
    pub(crate) fn gives_up(&self) -> bool {
        self.marks.has(CUT | DISCARDS)
    }

    /// Takes out what is queued, of a cell that a stop was asked for; nothing else is handled.
    pub(crate) fn discard_queue(&self) -> Queue {
        // Marked in the same step: a worker that sees the mark finds nothing in the queue.
        let discard = |inbox: &mut Inbox| {
            self.marks.set(DISCARDS);
            inbox.drain()
        };
        self.with_inbox(discard).unwrap_or_default()
    }

    /// Leaves askers to the end of the cell. Gives them back if it has ended.
    pub(crate) fn add_askers(&self, askers: Vec<ReplyTo>) -> Result<(), Vec<ReplyTo>> {
        let mut askers = Some(askers);
        self.with_inbox(|inbox| inbox.askers.extend(askers.take().into_iter().flatten()));
        askers.map_or(Ok(()), Err)
    }

    /// Says that the code of a cell that was cut off has been dropped.
    pub(crate) fn let_go(&self) {
        let inbox = self.state.with(|state| match state {
            State::Ended(inbox) => inbox.take(),
            _ => None,
        });
        if let Some(mut inbox) = inbox {
            wake(inbox.on_end.take());
        }
    }
}

/// On boards nothing is killed.
#[cfg(not(feature = "std"))]
impl Cell {
    #[inline(always)]
    pub(crate) fn is_killed(&self) -> bool {
        false
    }
}
