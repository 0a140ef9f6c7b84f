//! Where the two workers of a link and its pump meet.

use crate::slot::Slot;
use crate::statistics::Counters;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::task::{Poll, Waker};
use critical_section::Mutex;
use ockam_core::{Address, TransportMessage};

/// What the parts of one link share.
pub(crate) struct Line {
    pub(crate) sender: Address,
    pub(crate) receiver: Address,
    pub(crate) max_message_len: usize,
    /// Frames on their way to the line.
    pub(crate) outgoing: Slot<Vec<u8>>,
    /// Messages on their way from the line.
    pub(crate) incoming: Slot<TransportMessage>,
    pub(crate) counters: Counters,
    end: Mutex<RefCell<End>>,
}

#[derive(Default)]
struct End {
    why: Option<Arc<str>>,
    waiting: Vec<Waker>,
}

impl Line {
    pub(crate) fn new(sender: Address, receiver: Address, max_message_len: usize) -> Self {
        Line {
            sender,
            receiver,
            max_message_len,
            outgoing: Slot::new(),
            incoming: Slot::new(),
            counters: Counters::default(),
            end: Mutex::new(RefCell::new(End::default())),
        }
    }

    fn with_end<R>(&self, f: impl FnOnce(&mut End) -> R) -> R {
        critical_section::with(|section| f(&mut self.end.borrow_ref_mut(section)))
    }

    /// Ends the link; the first reason counts.
    pub(crate) fn end(&self, why: impl Into<Arc<str>>) {
        let why = why.into();
        let waiting = self.with_end(|end| {
            end.why.get_or_insert(why);
            core::mem::take(&mut end.waiting)
        });
        self.outgoing.close();
        self.incoming.close();
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Says why the link has ended, if it has.
    pub(crate) fn why_ended(&self) -> Option<String> {
        self.with_end(|end| end.why.as_deref().map(String::from))
    }

    /// Waits for the end.
    pub(crate) fn poll_end(&self, waker: &Waker) -> Poll<()> {
        self.with_end(|end| {
            if end.why.is_some() {
                return Poll::Ready(());
            }
            if !end.waiting.iter().any(|known| known.will_wake(waker)) {
                end.waiting.push(waker.clone());
            }
            Poll::Pending
        })
    }
}
