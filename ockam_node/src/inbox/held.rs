//! How many bytes the messages of a mailbox hold, and how many messages and bytes it may hold.
//!
//! It owns the sum. What counts is the body, as far as it lies outside of the message; routes and
//! the message itself are bounded by the number of messages. It refuses to know where messages are.
//!
//! Boards have one small heap and give their mailboxes few places: without `std` nothing is
//! counted, and everything here has no size and no code.

#[cfg(feature = "std")]
use super::Queue;
use ockam_core::LocalMessage;

/// How much a mailbox holds before senders wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) messages: u32,
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
}

/// How many times what a worker takes at a time goes into the bound, since it comes on top.
#[cfg(feature = "std")]
const HANDFULS: usize = 8;

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
    }

    #[inline]
    pub(super) fn remove(&mut self, weight: Weight) {
        self.bytes -= weight.bytes;
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
        let mut room = bounds.bytes as usize / HANDFULS;
        let weights = messages.iter().take(count).map(Weight::of);
        let fitting = weights.take_while(|weight| {
            let fits = weight.bytes <= room;
            room = room.saturating_sub(weight.bytes);
            fits
        });
        fitting.inspect(|weight| self.bytes -= weight.bytes).count()
    }

    /// Tells whether a message fits beside what is there.
    #[inline]
    pub(super) fn has_room(&self, weight: Weight, bounds: Bounds) -> bool {
        self.bytes + weight.bytes <= bounds.bytes as usize
    }

    #[inline]
    pub(super) fn is_half_empty(&self, bounds: Bounds) -> bool {
        self.bytes <= bounds.bytes as usize / 2
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
    pub(super) fn is_half_empty(&self, _: Bounds) -> bool {
        true
    }
}
