//! The queue of one worker: a bounded data lane, the line of senders that wait for room in it, and
//! a control lane beside it.
//!
//! It is plain data; [`Cell`](crate::cell::Cell) puts a lock around it. Methods return what has to
//! be done after the lock is released: wakers to wake, messages to report.
//!
//! ```text
//!   push ──> [ messages ............ ] ──> pop        bounded by `capacity`
//!   push when full ──> line: (ticket, message, waker), first come first served;
//!                      a pop moves the first of the line into the queue
//!   control: stop, rest, cut                          read before the task waits, never queued
//! ```

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::iter;
use core::task::Waker;
use ockam_core::LocalMessage;

/// Queues messages for a worker that is awake. A sleeping worker has none.
#[derive(Default)]
pub(crate) struct Inbox {
    messages: VecDeque<LocalMessage>,
    line: Line,
    /// Who waits for a message: the worker's task, or a `receive`.
    pub(crate) receiver: Option<Waker>,
    /// The task that runs the worker, to wake it wherever it waits.
    pub(crate) task: Option<Waker>,
    /// Who waits for the worker to end.
    pub(crate) on_end: Vec<Waker>,
    /// No further message is accepted.
    pub(crate) closed: bool,
    /// The worker ends once its messages are handled.
    pub(crate) stop: bool,
    /// The worker may give its task up if there is no message.
    pub(crate) rest: bool,
    /// The worker's task is dropped where it is.
    pub(crate) cut: bool,
    /// The worker has work; maintained only while the node drains.
    pub(crate) counted: bool,
    /// The worker's loop waits for a message.
    pub(crate) idle: bool,
    /// How many messages were taken out, wrapping; for telling that nothing happened in between.
    pub(crate) taken: u32,
}

/// The senders that wait for room.
#[derive(Default)]
struct Line {
    /// In the order of their tickets, which count up and wrap.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    ticket: u32,
    message: LocalMessage,
    waker: Option<Waker>,
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

/// What became of a message in the line.
pub(crate) enum InLine {
    /// It is in the queue.
    Accepted,
    /// It still waits.
    Waiting,
    /// The inbox closed before its turn came.
    Closed(LocalMessage),
}

impl Inbox {
    /// Adds a message if there is room and nobody waits in line.
    #[inline]
    pub(crate) fn push(&mut self, message: LocalMessage, capacity: usize) -> Push {
        if self.closed {
            return Push::Closed(message);
        }
        if self.messages.len() >= capacity {
            return Push::Full(message);
        }
        self.messages.push_back(message);
        Push::Done(self.receiver.take())
    }

    /// Puts a message into the line under a ticket that no other message of the cell has.
    pub(crate) fn stand_in_line(
        &mut self,
        message: LocalMessage,
        ticket: u32,
        waker: Option<Waker>,
    ) {
        self.line.waiting.push_back(Waiting { ticket, message, waker });
    }

    /// Looks after a message in the line; `waker` is woken when its turn has come.
    pub(crate) fn look_in_line(&mut self, ticket: u32, waker: &Waker) -> InLine {
        let Some(place) = self.place_in_line(ticket) else {
            return InLine::Accepted;
        };
        if self.closed {
            return match self.take_out_of_line(place) {
                Some(waiting) => InLine::Closed(waiting.message),
                None => InLine::Accepted,
            };
        }
        let waiting = &mut self.line.waiting[place];
        match &mut waiting.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        InLine::Waiting
    }

    /// Takes a message out of the line because its sender has gone away.
    pub(crate) fn leave_line(&mut self, ticket: u32) -> Option<LocalMessage> {
        let place = self.place_in_line(ticket)?;
        self.take_out_of_line(place).map(|waiting| waiting.message)
    }

    fn take_out_of_line(&mut self, place: usize) -> Option<Waiting> {
        if cfg!(feature = "std") {
            return self.line.waiting.remove(place);
        }
        // The same, slower and with less code.
        (1..=place).rev().for_each(|place| self.line.waiting.swap(place, place - 1));
        self.line.waiting.pop_front()
    }

    fn place_in_line(&self, ticket: u32) -> Option<usize> {
        let first = self.line.waiting.front()?.ticket;
        let distance = |ticket: u32| ticket.wrapping_sub(first);
        let sought = distance(ticket);
        self.line.waiting.binary_search_by_key(&sought, |waiting| distance(waiting.ticket)).ok()
    }

    /// Takes the oldest message.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<LocalMessage> {
        let message = self.messages.pop_front()?;
        self.taken = self.taken.wrapping_add(1);
        Some(message)
    }

    /// Moves the oldest messages, at most `count`, into `hand`.
    #[inline]
    pub(crate) fn pop_more(&mut self, hand: &mut VecDeque<LocalMessage>, count: usize) {
        let count = self.messages.len().min(count);
        if count > 0 {
            if cfg!(feature = "std") {
                hand.extend(self.messages.drain(..count));
            } else {
                // The same, slower and with less code.
                iter::from_fn(|| self.messages.pop_front())
                    .take(count)
                    .for_each(|message| hand.push_back(message));
            }
            self.taken = self.taken.wrapping_add(count as u32);
        }
    }

    /// Lets the first of the line into the queue, at most `count`, and adds the wakers of their
    /// senders to `admitted`.
    #[inline]
    pub(crate) fn admit(&mut self, count: usize, admitted: &mut Vec<Waker>) {
        if !self.line.waiting.is_empty() && !self.closed {
            self.admit_from_line(count, admitted);
        }
    }

    #[cold]
    fn admit_from_line(&mut self, count: usize, admitted: &mut Vec<Waker>) {
        for waiting in iter::from_fn(|| self.line.waiting.pop_front()).take(count) {
            self.messages.push_back(waiting.message);
            admitted.extend(waiting.waker);
        }
    }

    /// Refuses messages from now on. Those in the queue stay; the wakers are of the senders in
    /// line, who get theirs back, and of whoever waits for a message, who is told the end.
    pub(crate) fn close(&mut self) -> Vec<Waker> {
        self.closed = true;
        let mut wakers = Vec::new();
        for waiting in &mut self.line.waiting {
            wakers.extend(waiting.waker.take());
        }
        wakers.extend(self.receiver.take());
        wakers
    }

    /// Empties the queue, oldest first.
    pub(crate) fn drain(&mut self) -> VecDeque<LocalMessage> {
        core::mem::take(&mut self.messages)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Tells whether nothing is queued or handled, and nothing forbids that it will be.
    #[cfg(feature = "std")]
    pub(crate) fn is_at_rest(&self) -> bool {
        self.idle && !self.closed && self.messages.is_empty() && self.line.waiting.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Tells whether a sender still waits for its turn or for its message.
    pub(crate) fn has_line(&self) -> bool {
        !self.line.waiting.is_empty()
    }
}
