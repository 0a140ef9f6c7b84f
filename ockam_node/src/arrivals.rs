//! Who waits for a worker to become reachable.

use crate::node::Node;
use crate::sync::Lock;
use crate::wait_list::WaitList;
use core::future::poll_fn;
use core::iter;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Poll, Waker};
use ockam_core::{Address, Mailboxes};

pub(crate) struct Arrivals {
    /// How many wait, so that a start with nobody waiting takes no lock.
    count: AtomicUsize,
    waiting: Lock<WaitList<Address>>,
}

/// One call of `wait_for`, known to the list for as long as it waits.
struct Registered<'a> {
    arrivals: &'a Arrivals,
    number: u64,
}

impl Registered<'_> {
    fn wait(&self, address: &Address, waker: &Waker) {
        let waker = waker.clone();
        let wait = |list: &mut WaitList<_>| list.wait(self.number, waker, || address.clone());
        drop(self.arrivals.waiting.with(wait));
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        drop(self.arrivals.waiting.with(|list| list.leave(self.number)));
        self.arrivals.count.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Arrivals {
    pub(crate) fn new() -> Self {
        Arrivals { count: AtomicUsize::new(0), waiting: Lock::new(WaitList::default()) }
    }

    pub(crate) async fn wait_for(&self, node: &Node, address: &Address) {
        self.count.fetch_add(1, Ordering::SeqCst);
        let registered = Registered { arrivals: self, number: self.waiting.with(WaitList::number) };
        poll_fn(|cx| {
            registered.wait(address, cx.waker());
            // Looked up after the waker is known: an arrival is either seen here or wakes it.
            match node.find(address) {
                Some(cell) if !cell.is_starting() => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
        .await;
    }

    pub(crate) fn announce(&self, mailboxes: &Mailboxes) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let is_here = |address: &Address| mailboxes.find(address).is_some();
        let next = || self.waiting.with(|list| list.take_one(is_here));
        iter::from_fn(next).for_each(Waker::wake);
    }
}
