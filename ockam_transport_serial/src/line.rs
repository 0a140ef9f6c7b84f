//! The state that the two workers of a link and its pump share.

use crate::handover::Handover;
use crate::statistics::Counters;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::task::{Poll, Waker};
use critical_section::Mutex;
use ockam_core::{Address, TransportMessage};
use ockam_node::wake;

/// State shared by the parts of one link.
pub(crate) struct Line {
    pub(crate) sender: Address,
    pub(crate) receiver: Address,
    pub(crate) max_message_len: usize,
    /// Frames from the sender to the pump.
    pub(crate) outgoing: Handover<Vec<u8>>,
    /// Messages from the pump to the receiver.
    pub(crate) incoming: Handover<TransportMessage>,
    pub(crate) counters: Counters,
    end: Mutex<RefCell<End>>,
}

#[derive(Default)]
struct End {
    why: Option<Arc<str>>,
    /// Tasks that wait for the end, each under a unique number.
    waiting: Vec<(u32, Waker)>,
    next: u32,
}

impl Line {
    pub(crate) fn new(sender: Address, receiver: Address, max_message_len: usize) -> Self {
        Line {
            sender,
            receiver,
            max_message_len,
            outgoing: Handover::new(),
            incoming: Handover::new(),
            counters: Counters::default(),
            end: Mutex::new(RefCell::new(End::default())),
        }
    }

    fn with_end<R>(&self, f: impl FnOnce(&mut End) -> R) -> R {
        critical_section::with(|section| f(&mut self.end.borrow_ref_mut(section)))
    }

    /// Ends the link. Only the first reason is kept.
    pub(crate) fn end(&self, why: impl Into<Arc<str>>) {
        let why = why.into();
        let waiting = self.with_end(|end| {
            end.why.get_or_insert(why);
            core::mem::take(&mut end.waiting)
        });
        self.outgoing.close();
        self.incoming.close();
        wake(waiting.into_iter().map(|(_, waker)| waker));
    }

    /// Returns why the link has ended, or `None` if it has not ended yet.
    pub(crate) fn why_ended(&self) -> Option<String> {
        self.with_end(|end| end.why.as_deref().map(String::from))
    }

    /// Returns a wait for the end of the link.
    pub(crate) fn wait(&self) -> Wait<'_> {
        let number = self.with_end(|end| {
            end.next = end.next.wrapping_add(1);
            end.next
        });
        Wait { line: self, number }
    }
}

/// A wait for the end of a link. Dropping it removes its waker.
pub(crate) struct Wait<'a> {
    line: &'a Line,
    number: u32,
}

impl Wait<'_> {
    pub(crate) fn poll(&self, waker: &Waker) -> Poll<()> {
        // Clone and drop wakers outside of the critical section: they run code of the executor.
        let mut waker = Some(waker.clone());
        self.line.with_end(|end| {
            if end.why.is_some() {
                return Poll::Ready(());
            }
            let mut waiting = end.waiting.iter_mut();
            match (waiting.find(|(number, _)| *number == self.number), &mut waker) {
                (Some((_, known)), Some(waker)) => core::mem::swap(known, waker),
                (_, waker) => end.waiting.extend(waker.take().map(|waker| (self.number, waker))),
            }
            Poll::Pending
        })
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        drop(self.line.with_end(|end| {
            let at = end.waiting.iter().position(|(number, _)| *number == self.number);
            at.map(|at| end.waiting.swap_remove(at))
        }));
    }
}
