//! The queue of one worker: a bounded data lane, the line of senders that wait for room in it, and
//! a control lane beside it.
//!
//! It is plain data; [`Cell`](crate::cell::Cell) puts a lock around it. Methods return what has to
//! be done after the lock is released: wakers to wake, messages to report.
//!
//! ```text
//!   push ──> [ messages ............ ] ──> pop        bounded by number and by bytes
//!   push when full ──> line: (ticket, waker), first come first served; a pop that leaves the
//!                      queue half empty grants places in it to the first of the line
//!   control: stop, rest                               read before the task waits, never queued
//! ```
//!
//! A message waits with its sender, not in the line. A sender that has been granted a place pushes
//! the message when it is polled, so a send that was dropped before it returned `Ok` was not sent;
//! a place that was granted and is given up goes to the next in line.
//!
//! A place is one for the message that waits: what that holds counts from when the place is granted.
//! A mailbox without a message, and without a place that is granted, has room for any one message,
//! so one that is larger than the bound waits only until it is alone.
//!
//! A mailbox may share a budget of bytes with others. Then it holds more than its own bound as long as
//! the budget is not taken, and a message that is larger than the bound waits, if the budget is taken,
//! until the worker has nothing else to do. So a mailbox never waits for another one.

mod held;
mod limits;
mod line;
#[cfg(feature = "std")]
mod loan;
mod queue;
#[cfg(any(test, not(feature = "std")))]
mod ring;

pub(crate) use self::held::{Bounds, Weight};
pub(crate) use self::limits::Limits;
#[cfg(feature = "std")]
pub(crate) use self::loan::Shared;
pub(crate) use self::queue::Queue;

use self::held::Held;
use self::line::Line;
#[cfg(feature = "std")]
use crate::cell::Cell;
use crate::cell::OnEnd;
#[cfg(feature = "std")]
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::Waker;
use ockam_core::LocalMessage;

/// Queues messages for a worker that is awake. A sleeping worker has none.
#[derive(Default)]
pub(crate) struct Inbox {
    messages: Queue,
    /// What `messages` hold, and those that were granted a place.
    held: Held,
    line: Line,
    /// Who waits for a message: the worker's task, or a `receive`.
    pub(crate) receiver: Option<Waker>,
    /// The task that runs the worker, to wake it wherever it waits.
    pub(crate) task: Option<Waker>,
    /// Who waits for the worker to end.
    pub(crate) on_end: OnEnd,
    /// No further message is accepted.
    pub(crate) closed: bool,
    /// The worker ends once its messages are handled.
    pub(crate) stop: bool,
    /// The worker may give its task up if there is no message.
    pub(crate) rest: bool,
    /// The worker has work; maintained only while the node drains.
    pub(crate) counted: bool,
    /// The worker's loop waits for a message.
    pub(crate) idle: bool,
    /// How many messages were taken out, wrapping; for telling that nothing happened in between.
    pub(crate) taken: u32,
    /// Who waits for answers to messages that were discarded, and is told at the worker's end.
    #[cfg(feature = "std")]
    pub(crate) askers: Vec<crate::ask::reply_to::ReplyTo>,
    /// `taken` and that of what it waits for, when an answer had waited for too long.
    #[cfg(feature = "std")]
    pub(crate) stalled_at: Option<u32>,
    /// The cell in whose line the worker waits, noted only of what carries messages of others.
    #[cfg(feature = "std")]
    pub(crate) waits_for: Option<Arc<Cell>>,
}

/// What became of a push.
pub(crate) enum Push {
    /// The message is in the queue; wake the receiver, if it waits.
    Done(Option<Waker>),
    /// There is no room now.
    Full(LocalMessage),
    /// The inbox takes no more messages.
    Closed(LocalMessage),
}

/// What became of a sender in the line.
pub(crate) enum InLine {
    /// It had been granted a place, and the message is in the queue; wake the receiver.
    Entered(Option<Waker>),
    /// It still waits.
    Waiting(LocalMessage),
    /// The line was given up, because the worker sleeps or ends: push again.
    Gone(LocalMessage),
}

/// The senders that wait for a place.
#[cfg(feature = "std")]
pub(crate) struct LongLine {
    /// That of the first of them.
    pub(crate) ticket: u32,
    pub(crate) sender: Arc<Cell>,
    /// How many they are.
    pub(crate) senders: usize,
}

impl Inbox {
    /// Adds a message if there is room that no sender in line has a right to.
    #[inline]
    pub(crate) fn push(&mut self, message: LocalMessage, bounds: Bounds) -> Push {
        if self.closed {
            return Push::Closed(message);
        }
        let weight = Weight::of(&message);
        if !self.has_room(weight, bounds) {
            return Push::Full(message);
        }
        self.held.add(weight);
        self.messages.push_back(message);
        Push::Done(self.receiver.take())
    }

    /// Tells whether a message may be pushed by a sender that is not in line.
    #[inline]
    pub(crate) fn has_room(&self, weight: Weight, bounds: Bounds) -> bool {
        self.fits(weight, bounds) && self.line.is_granted()
    }

    /// Tells whether there is room for one more message, whoever sends it.
    #[inline]
    fn fits(&self, weight: Weight, bounds: Bounds) -> bool {
        let taken = self.messages.len() + self.line.granted();
        taken < bounds.messages as usize
            && (self.held.has_room(weight, bounds)
                || self.held.has_more_room(weight, taken == 0, self.idle))
    }

    /// Lets the messages hold more than `bounds`, as a part of a budget that others share. Tells
    /// whether they could not before.
    #[cfg(feature = "std")]
    pub(crate) fn share(&mut self, shared: &Shared, bounds: Bounds) -> bool {
        self.held.share(shared, bounds)
    }

    /// Returns how many bytes there are if it is those for which a message does not fit, and not the
    /// number of messages.
    #[cfg(feature = "std")]
    pub(crate) fn full_of_bytes(&self, weight: Weight, bounds: Bounds) -> Option<usize> {
        let (messages, most) = (self.messages.len(), bounds.messages as usize);
        if messages + self.line.granted() >= most {
            return None;
        }
        // Who waits in a line although the number is low does so for the bytes.
        let waits = !self.line.is_granted() && messages <= most / 2;
        (waits || !self.fits(weight, bounds)).then(|| self.held.bytes())
    }

    /// Puts a sender into the line under a ticket that no other sender of the cell has.
    pub(crate) fn stand_in_line(
        &mut self,
        ticket: u32,
        weight: Weight,
        waker: Waker,
        #[cfg(feature = "std")] sender: Arc<Cell>,
    ) {
        self.line.stand(
            ticket,
            weight,
            waker,
            #[cfg(feature = "std")]
            sender,
        );
    }

    /// Describes the line from its first sender without a place.
    #[cfg(feature = "std")]
    pub(crate) fn look_at_line(&self) -> Option<LongLine> {
        let (ticket, sender, senders) = self.line.first()?;
        Some(LongLine { ticket, sender: Arc::clone(sender), senders })
    }

    /// Returns how many bytes the messages hold that wait in the queue, or were granted a place.
    #[cfg(feature = "std")]
    pub(crate) fn bytes(&self) -> usize {
        self.held.bytes()
    }

    /// Counts the messages that wait in the queue.
    #[cfg(feature = "std")]
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Pushes the message of a sender in line if it has been granted a place; otherwise `waker` is
    /// woken when it is.
    pub(crate) fn look_in_line(
        &mut self,
        ticket: u32,
        message: LocalMessage,
        waker: &Waker,
    ) -> InLine {
        let Some(place) = self.line.place(ticket) else {
            return InLine::Gone(message);
        };
        if place < self.line.granted() {
            // What it holds counts since it was granted the place.
            self.line.take_out(place);
            self.messages.push_back(message);
            return InLine::Entered(self.receiver.take());
        }
        self.line.look(place, waker);
        InLine::Waiting(message)
    }

    /// Takes a sender that has gone away out of the line, and returns its waker, to be dropped
    /// without the lock. A place that it had been granted goes to the next, which is added to
    /// `granted`.
    pub(crate) fn leave_line(
        &mut self,
        ticket: u32,
        bounds: Bounds,
        granted: &mut Vec<Waker>,
    ) -> Option<Waker> {
        let place = self.line.place(ticket)?;
        let weight = self.line.weight(place);
        let own = self.line.take_out(place);
        if own.is_none() {
            self.held.remove(weight);
            self.grant(bounds, granted);
        }
        own
    }

    /// Takes the oldest message.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<LocalMessage> {
        let message = self.messages.pop_front()?;
        self.held.take(&message);
        self.taken = self.taken.wrapping_add(1);
        Some(message)
    }

    /// Moves the oldest messages into `batch`: at most `count`, and at most an eighth of the bytes.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn pop_more(&mut self, batch: &mut Queue, count: usize, bounds: Bounds) {
        let count = self.messages.len().min(count);
        let count = self.held.take_first(&self.messages, count, bounds);
        if count > 0 {
            batch.extend(self.messages.drain(..count));
            self.taken = self.taken.wrapping_add(count as u32);
        }
    }

    /// Puts back in front what was taken last and not handled, though there may be no room for it.
    #[cfg(feature = "std")]
    pub(crate) fn put_back(&mut self, batch: &mut Queue) {
        while let Some(message) = batch.pop_back() {
            self.held.add(Weight::of(&message));
            self.messages.push_front(message);
            self.taken = self.taken.wrapping_sub(1);
        }
    }

    /// After a pop: grants places to the first of the line if the queue is half empty, and adds
    /// their wakers to `granted`.
    #[inline]
    pub(crate) fn grant_when_half_empty(&mut self, bounds: Bounds, granted: &mut Vec<Waker>) {
        if self.has_line()
            && self.messages.len() <= bounds.messages as usize / 2
            && self.held.is_half_empty(bounds)
        {
            self.grant(bounds, granted);
        }
    }

    /// Grants every place that is free to the first of the line.
    #[cold]
    fn grant(&mut self, bounds: Bounds, wakers: &mut Vec<Waker>) {
        while let Some(weight) = self.line.next_weight()
            && self.fits(weight, bounds)
            && let Some(waker) = self.line.grant()
        {
            self.held.add(weight);
            wakers.push(waker);
        }
    }

    /// Refuses messages from now on and gives the line up. Those in the queue stay; the wakers are
    /// of the senders in line, who push again and are refused, and of whoever waits for a message,
    /// who is told the end.
    pub(crate) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        let mut wakers: Vec<Waker> = self.line.give_up().collect();
        wakers.extend(self.receiver.take());
        wakers
    }

    /// Empties the queue, oldest first.
    pub(crate) fn drain(&mut self) -> Queue {
        self.held = Held::default();
        core::mem::take(&mut self.messages)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Tells whether nothing has come, and nobody waits for anything: there may as well be none.
    pub(crate) fn is_blank(&self) -> bool {
        let waited_for = self.counted || self.has_line() || !self.on_end.is_empty();
        !self.closed && !self.stop && !waited_for && self.messages.is_empty()
    }

    /// Tells whether nothing is queued or handled, and nothing forbids that it will be.
    #[cfg(feature = "std")]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.idle && !self.closed && self.messages.is_empty() && !self.has_line()
    }

    /// Tells whether a sender waits for a place, or has one that it has not taken.
    #[inline]
    pub(crate) fn has_line(&self) -> bool {
        !self.line.is_empty()
    }
}
