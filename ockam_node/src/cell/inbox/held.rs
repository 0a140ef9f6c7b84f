//! How many bytes the messages of a mailbox hold, and how many messages and bytes it may hold.
//!
//! It owns the sum. What counts is the body, as far as it lies outside of the message; routes and
//! the message itself are bounded by the number of messages. It refuses to know where messages are.
//!
//! Boards have one small heap and give their mailboxes few places: without `std` nothing is
//! counted, and everything here has no size and no code.

#[cfg(feature = "std")]
use super::loan::{Loan, Shared};
#[cfg(feature = "std")]
use super::queue::Queue;
#[cfg(feature = "std")]
use alloc::boxed::Box;
use ockam_core::LocalMessage;

/// How much a mailbox holds before senders wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) messages: u32,
    /// Beyond this, what a mailbox holds is a part of the budget that it shares with others, if it has
    /// one.
    #[cfg(feature = "std")]
    pub(crate) bytes: u32,
}

impl Bounds {
    /// Room for everything.
    pub(crate) const NONE: Self = Bounds {
        messages: u32::MAX,
        #[cfg(feature = "std")]
        bytes: u32::MAX,
    };

    /// A mailbox has room for one message at least.
    pub(super) fn at_least_one(mut self) -> Self {
        self.messages = self.messages.max(1);
        self
    }
}

/// What one message counts.
#[derive(Clone, Copy)]
pub(crate) struct Weight {
    #[cfg(feature = "std")]
    bytes: usize,
}

/// What the messages in the queue count, together with those of senders that were granted a place.
#[derive(Default)]
pub(super) struct Held {
    #[cfg(feature = "std")]
    bytes: usize,
    /// Only of a mailbox that shares a budget, and that has needed it.
    #[cfg(feature = "std")]
    loan: Option<Box<Loan>>,
}

/// How many times what a worker takes at a time goes into the bound, since it comes on top.
#[cfg(feature = "std")]
const BATCHES: usize = 8;

impl Weight {
    #[inline]
    pub(crate) fn of(message: &LocalMessage) -> Self {
        #[cfg(not(feature = "std"))]
        let _ = message;
        Weight {
            #[cfg(feature = "std")]
            bytes: message.payload().held_len(),
        }
    }

    #[cfg(feature = "std")]
    pub(crate) fn bytes(self) -> usize {
        self.bytes
    }
}

#[cfg(feature = "std")]
impl Held {
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    #[inline]
    pub(super) fn add(&mut self, weight: Weight) {
        self.bytes += weight.bytes;
        self.note();
    }

    #[inline]
    pub(super) fn remove(&mut self, weight: Weight) {
        self.bytes -= weight.bytes;
        self.note();
    }

    /// Tells the budget, if one is shared.
    #[inline]
    fn note(&mut self) {
        if let Some(loan) = &mut self.loan {
            loan.note(self.bytes);
        }
    }

    /// Lets the mailbox hold more than `bounds`, as a part of a shared budget. Tells whether it could
    /// not before.
    #[cold]
    pub(super) fn share(&mut self, shared: &Shared, bounds: Bounds) -> bool {
        let is_new = self.loan.is_none();
        if is_new {
            self.loan = Some(Box::new(Loan::new(shared, bounds.bytes)));
            self.note();
        }
        is_new
    }

    /// Tells whether a message that does not fit gets in all the same: if it is alone, or as far as a
    /// shared budget reaches. If that is taken, it has to be alone and the worker to have nothing to do.
    #[cold]
    pub(super) fn has_more_room(&self, weight: Weight, is_alone: bool, is_idle: bool) -> bool {
        match &self.loan {
            None => is_alone,
            Some(loan) => is_alone && is_idle || loan.reaches(self.bytes + weight.bytes, is_alone),
        }
    }

    /// Removes what a message counted that was taken out.
    #[inline]
    pub(super) fn take(&mut self, message: &LocalMessage) {
        if self.bytes > 0 {
            self.remove(Weight::of(message));
        }
    }

    /// Removes what the first messages count: at most `count`, and only as many as are an eighth of
    /// the bound. Returns how many they are.
    #[inline]
    pub(super) fn take_first(&mut self, messages: &Queue, count: usize, bounds: Bounds) -> usize {
        if self.bytes == 0 { count } else { self.take_some(messages, count, bounds) }
    }

    fn take_some(&mut self, messages: &Queue, count: usize, bounds: Bounds) -> usize {
        let mut room = bounds.bytes as usize / BATCHES;
        let weights = messages.iter().take(count).map(Weight::of);
        let fitting = weights.take_while(|weight| {
            let fits = weight.bytes <= room;
            room = room.saturating_sub(weight.bytes);
            fits
        });
        let count = fitting.inspect(|weight| self.bytes -= weight.bytes).count();
        self.note();
        count
    }

    /// Tells whether a message fits beside what is there.
    #[inline]
    pub(super) fn has_room(&self, weight: Weight, bounds: Bounds) -> bool {
        self.bytes + weight.bytes <= bounds.bytes as usize
    }

    #[inline]
    pub(super) fn is_half_empty(&self, bounds: Bounds) -> bool {
        self.bytes <= bounds.bytes as usize / 2
            || self.loan.as_ref().is_some_and(|loan| loan.is_half_empty(self.bytes))
    }
}

#[cfg(not(feature = "std"))]
impl Held {
    #[inline]
    pub(super) fn add(&mut self, _: Weight) {}

    #[inline]
    pub(super) fn remove(&mut self, _: Weight) {}

    #[inline]
    pub(super) fn take(&mut self, _: &LocalMessage) {}

    #[inline]
    pub(super) fn has_room(&self, _: Weight, _: Bounds) -> bool {
        true
    }

    #[inline]
    pub(super) fn has_more_room(&self, _: Weight, is_alone: bool, _: bool) -> bool {
        is_alone
    }

    #[inline]
    pub(super) fn is_half_empty(&self, _: Bounds) -> bool {
        true
    }
}
