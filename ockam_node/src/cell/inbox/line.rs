//! The senders that wait for room in a full mailbox, in the order in which they came.
//!
//! It owns tickets and granted places. It refuses to know messages: those stay with their senders,
//! and only what they hold is known here. With `std` it knows the senders, for the log.

use super::held::Weight;
#[cfg(feature = "std")]
use crate::cell::Cell;
#[cfg(feature = "std")]
use alloc::collections::VecDeque;
#[cfg(feature = "std")]
use alloc::sync::Arc;
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;
use core::mem;
use core::task::Waker;

/// Few senders wait on a board, and a vector takes less code.
#[cfg(feature = "std")]
type Waiters = VecDeque<Waiting>;
#[cfg(not(feature = "std"))]
type Waiters = Vec<Waiting>;

/// The senders that wait for room.
#[derive(Default)]
pub(super) struct Line {
    /// In the order of their tickets, which count up and wrap.
    waiting: Waiters,
    /// How many of the first have a place in the queue reserved for them.
    granted: usize,
}

struct Waiting {
    ticket: u32,
    weight: Weight,
    /// Taken when a place is granted.
    waker: Option<Waker>,
    /// For the log. Its future, which leaves the line before it goes away, holds it as well: so
    /// this is never the last pointer, which must not be dropped under a lock.
    #[cfg(feature = "std")]
    sender: Arc<Cell>,
}

impl Line {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns how many places are granted and not taken yet.
    #[inline]
    pub(super) fn granted(&self) -> usize {
        self.granted
    }

    /// Tells whether every sender in line has been granted a place.
    #[inline]
    pub(super) fn is_granted(&self) -> bool {
        self.waiting.len() == self.granted
    }

    pub(super) fn stand(
        &mut self,
        ticket: u32,
        weight: Weight,
        waker: Waker,
        #[cfg(feature = "std")] sender: Arc<Cell>,
    ) {
        self.waiting.extend([Waiting {
            ticket,
            weight,
            waker: Some(waker),
            #[cfg(feature = "std")]
            sender,
        }]);
    }

    /// Returns the ticket and the sender that are first of those without a place, and how many of
    /// those there are.
    #[cfg(feature = "std")]
    pub(super) fn first(&self) -> Option<(u32, &Arc<Cell>, usize)> {
        let first = self.waiting.get(self.granted)?;
        Some((first.ticket, &first.sender, self.waiting.len() - self.granted))
    }

    /// Finds the place of a ticket.
    pub(super) fn place(&self, ticket: u32) -> Option<usize> {
        let mut tickets = self.waiting.iter().map(|waiting| waiting.ticket);
        let first = tickets.next()?;
        let distance = |ticket: u32| ticket.wrapping_sub(first);
        let sought = distance(ticket);
        self.waiting.binary_search_by_key(&sought, |waiting| distance(waiting.ticket)).ok()
    }

    /// Returns what the message of the sender at a place counts.
    pub(super) fn weight(&self, place: usize) -> Weight {
        self.waiting[place].weight
    }

    /// Returns what the message of the first sender counts that was not granted a place.
    pub(super) fn next_weight(&self) -> Option<Weight> {
        self.waiting.get(self.granted).map(|waiting| waiting.weight)
    }

    /// Remembers the waker of the sender at a place that has not been granted one.
    pub(super) fn look(&mut self, place: usize, waker: &Waker) {
        if let Some(known) = &mut self.waiting[place].waker {
            known.clone_from(waker);
        }
    }

    /// Takes the sender at a place out. Its waker is returned if no place was granted to it.
    pub(super) fn take_out(&mut self, place: usize) -> Option<Waker> {
        if place < self.granted {
            self.granted -= 1;
        }
        remove(&mut self.waiting, place)?.waker
    }

    /// Grants a place to the first sender that has none, and returns its waker.
    pub(super) fn grant(&mut self) -> Option<Waker> {
        let waker = self.waiting.get_mut(self.granted)?.waker.take();
        self.granted += 1;
        waker
    }

    /// Sends all away; the wakers are of those that were not granted a place.
    pub(super) fn give_up(&mut self) -> impl Iterator<Item = Waker> {
        mem::take(self).waiting.into_iter().filter_map(|waiting| waiting.waker)
    }
}

/// Takes one out, and the others stay in their order.
#[cfg(feature = "std")]
fn remove(waiting: &mut Waiters, place: usize) -> Option<Waiting> {
    waiting.remove(place)
}

/// Takes one out, and the others stay in their order. `Vec::remove` does the same with `memmove`,
/// which takes 1.6 KB of flash.
#[cfg(not(feature = "std"))]
fn remove(waiting: &mut Waiters, place: usize) -> Option<Waiting> {
    for place in place + 1..waiting.len() {
        waiting.swap(place - 1, place);
    }
    waiting.pop()
}
