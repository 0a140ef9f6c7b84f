//! The messages of a cell: in at one end, out at the other.

#[cfg(feature = "std")]
use super::marks::SHORTCUT;
use super::{Cell, NextStep, Pushed, State};
use crate::cell::drain::Drain;
#[cfg(feature = "std")]
use crate::cell::inbox::Queue;
use crate::cell::inbox::{Bounds, InLine, Inbox, Push, Weight};
use crate::cell::kind::Kind;
use crate::program::wake;
use alloc::boxed::Box;
#[cfg(feature = "std")]
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::sync::atomic::Ordering;
use core::task::{Poll, Waker};
use ockam_core::LocalMessage;

/// How many messages a worker takes out of its inbox under one lock. On a board to lock costs less
/// than to keep several messages.
#[cfg(feature = "std")]
const MAX_BATCH: usize = 32;

#[cfg(feature = "std")]
const _: () = assert!(MAX_BATCH <= u8::MAX as usize);

/// How many batches a small inbox holds, since what is in hand comes on top of what is in it.
#[cfg(feature = "std")]
const BATCHES: usize = 8;

/// What a worker has taken out of its inbox and not begun to handle.
#[derive(Default)]
pub(crate) struct Batch {
    #[cfg(feature = "std")]
    pub(crate) messages: Queue,
    /// Room for the wakers of senders that were granted a place, kept from one time to the next.
    granted: Vec<Waker>,
}

#[cfg(feature = "std")]
impl Batch {
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<LocalMessage> {
        self.messages.pop_front()
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }
}

/// On a board there is never more than the message that is handled.
#[cfg(not(feature = "std"))]
impl Batch {
    pub(crate) fn pop(&mut self) -> Option<LocalMessage> {
        None
    }

    pub(crate) fn len(&self) -> usize {
        0
    }
}

impl Cell {
    /// Adds a message, if there is room and nobody waits in line.
    #[inline]
    pub(crate) fn push(&self, message: LocalMessage, drain: &Drain) -> Pushed {
        self.state.with(|state| {
            let inbox = match state {
                State::Awake(inbox) => inbox,
                State::Starting(inbox) => inbox.get_or_insert_default(),
                State::Ended(_) => return Pushed::Closed(message),
                State::Asleep(_) => return self.push_asleep(state, message, drain),
            };
            match inbox.push(message, self.bounds()) {
                Push::Done(waker) => {
                    inbox.idle = false;
                    drain.enter(self.about.kind, &mut inbox.counted);
                    Pushed::Done(waker)
                }
                #[cfg(feature = "std")]
                Push::Full(message) if self.shares(inbox) => self.push_more(inbox, message, drain),
                Push::Full(message) => Pushed::Full(message),
                Push::Closed(message) => Pushed::Closed(message),
            }
        })
    }

    /// Gives an inbox its part of a shared budget; `false` if there is none, or it has it.
    #[cfg(feature = "std")]
    fn shares(&self, inbox: &mut Inbox) -> bool {
        self.limits.shared().is_some_and(|shared| inbox.share(shared, self.bounds()))
    }

    /// Adds a message to an inbox that has just been given its part of a shared budget.
    #[cfg(feature = "std")]
    #[cold]
    fn push_more(&self, inbox: &mut Inbox, message: LocalMessage, drain: &Drain) -> Pushed {
        match inbox.push(message, self.bounds()) {
            Push::Done(waker) => {
                inbox.idle = false;
                drain.enter(self.about.kind, &mut inbox.counted);
                Pushed::Done(waker)
            }
            Push::Full(message) | Push::Closed(message) => Pushed::Full(message),
        }
    }

    /// Says whether the node knows a way past the inbox from now on, and returns whether it did.
    #[cfg(feature = "std")]
    pub(crate) fn set_shortcut(&self, is_known: bool) -> bool {
        self.marks.put(SHORTCUT, is_known)
    }

    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn has_shortcut(&self) -> bool {
        self.marks.has(SHORTCUT)
    }

    /// Tells whether nothing is before a message that goes past the inbox.
    #[cfg(feature = "std")]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.state.with(|state| match state {
            State::Asleep(_) => true,
            State::Awake(inbox) => inbox.is_at_rest(),
            State::Starting(_) | State::Ended(_) => false,
        })
    }

    #[cold]
    fn push_asleep(&self, state: &mut State, message: LocalMessage, drain: &Drain) -> Pushed {
        let mut inbox = Box::<Inbox>::default();
        #[cfg(feature = "std")]
        self.shares(&mut inbox);
        drain.enter(Kind::Worker, &mut inbox.counted);
        // A new inbox is open and empty.
        let _ = inbox.push(message, Bounds::NONE);
        match mem::replace(state, State::Awake(inbox)) {
            State::Asleep(sleeping) => Pushed::Awaken(sleeping),
            _ => Pushed::Done(None),
        }
    }

    /// Puts a sender into the line of a full inbox; `waker` is woken when a place is granted to it.
    /// `None` says that there is room by now, or that there will never be: push again.
    pub(crate) fn stand_in_line(
        &self,
        weight: Weight,
        waker: &Waker,
        #[cfg(feature = "std")] sender: &Arc<Cell>,
    ) -> Option<u32> {
        self.state.with(|state| match state {
            State::Awake(inbox) | State::Starting(Some(inbox))
                if !inbox.closed && !inbox.has_room(weight, self.bounds()) =>
            {
                let ticket = self.next_ticket.fetch_add(1, Ordering::Relaxed);
                inbox.stand_in_line(
                    ticket,
                    weight,
                    waker.clone(),
                    #[cfg(feature = "std")]
                    Arc::clone(sender),
                );
                Some(ticket)
            }
            _ => None,
        })
    }

    /// Pushes the message of a sender in line, if it has been granted a place.
    pub(crate) fn look_in_line(
        &self,
        ticket: u32,
        message: LocalMessage,
        waker: &Waker,
        drain: &Drain,
    ) -> InLine {
        self.state.with(|state| {
            let (State::Awake(inbox) | State::Starting(Some(inbox))) = state else {
                return InLine::Gone(message);
            };
            let outcome = inbox.look_in_line(ticket, message, waker);
            if matches!(outcome, InLine::Entered(_)) {
                inbox.idle = false;
                drain.enter(self.about.kind, &mut inbox.counted);
            }
            outcome
        })
    }

    /// Returns how many bytes there are if those, and not the number of messages, leave no room for
    /// one more.
    #[cfg(feature = "std")]
    pub(crate) fn full_of_bytes(&self, weight: Weight) -> Option<usize> {
        self.with_inbox(|inbox| inbox.full_of_bytes(weight, self.bounds())).flatten()
    }

    /// Takes a sender out of the line, if it is still there, and wakes whom its place is granted to.
    pub(crate) fn leave_line(&self, ticket: u32) {
        let mut granted = Vec::new();
        let left = self.with_inbox(|inbox| inbox.leave_line(ticket, self.bounds(), &mut granted));
        wake(granted);
        drop(left);
    }

    /// Finds the next thing to do; of several messages the first, and the others in `batch`. With a
    /// `waker`, `Pending` means that it will be woken; without one nothing is registered. Only who
    /// `may_rest` is told to.
    #[inline]
    pub(crate) fn poll_turn(
        &self,
        batch: &mut Batch,
        waker: Option<&Waker>,
        may_rest: bool,
        drain: &Drain,
    ) -> Poll<NextStep> {
        let turn = self.state.with(|state| {
            let inbox = match state {
                State::Awake(inbox) => inbox,
                State::Starting(inbox) => inbox.get_or_insert_default(),
                State::Asleep(_) | State::Ended(_) => return Poll::Ready(NextStep::Stop),
            };
            if let Some(message) = inbox.pop() {
                inbox.idle = false;
                // With nothing behind it nobody waits for room either: there was room for more.
                if !inbox.is_empty() || inbox.has_line() {
                    #[cfg(feature = "std")]
                    inbox.pop_more(&mut batch.messages, self.batch() - 1, self.bounds());
                    inbox.grant_when_half_empty(self.bounds(), &mut batch.granted);
                }
                return Poll::Ready(NextStep::Message(message));
            }
            if inbox.stop {
                return Poll::Ready(NextStep::Stop);
            }
            if inbox.rest && may_rest {
                return Poll::Ready(NextStep::Rest);
            }
            if let Some(waker) = waker {
                inbox.idle = true;
                // A message that is too large for a budget which others have taken waits for this.
                #[cfg(feature = "std")]
                inbox.grant_when_half_empty(self.bounds(), &mut batch.granted);
                drain.leave(&mut inbox.counted);
                match &mut inbox.receiver {
                    Some(known) => known.clone_from(waker),
                    none => *none = Some(waker.clone()),
                }
            }
            Poll::Pending
        });
        if !batch.granted.is_empty() {
            wake(batch.granted.drain(..));
        }
        turn
    }

    /// How many messages are taken at a time: few against the capacity, so that the bound holds.
    #[cfg(feature = "std")]
    fn batch(&self) -> usize {
        (self.bounds().messages as usize / BATCHES).clamp(1, MAX_BATCH)
    }

    /// Tells how many messages the worker's task has taken and not begun to handle.
    #[inline]
    pub(crate) fn set_in_hand(&self, count: usize) {
        self.in_hand.store(count as u8, Ordering::Relaxed);
    }

    pub(crate) fn in_hand(&self) -> usize {
        self.in_hand.load(Ordering::Relaxed) as usize
    }

    /// Puts back what was taken and not begun, unless the cell has ended.
    #[cfg(feature = "std")]
    pub(crate) fn put_back(&self, batch: &mut Batch) {
        self.with_inbox(|inbox| inbox.put_back(&mut batch.messages));
        self.set_in_hand(batch.len());
    }

    /// Whoever waited for a message in the middle of a handler waits no more.
    pub(crate) fn resume(&self, drain: &Drain) {
        let known = self.with_inbox(|inbox| {
            inbox.idle = false;
            drain.enter(self.about.kind, &mut inbox.counted);
            inbox.receiver.take()
        });
        // Dropped without the lock.
        drop(known);
    }
}
