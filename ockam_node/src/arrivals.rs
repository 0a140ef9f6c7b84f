//! Who waits for a worker to become reachable.

use crate::node::Node;
use crate::sync::Lock;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Poll, Waker};
use ockam_core::{Address, Mailboxes};

pub(crate) struct Arrivals {
    /// How many wait, so that a start with nobody waiting takes no lock.
    count: AtomicUsize,
    waiting: Lock<Vec<(Address, Waker)>>,
}

/// Counts a waiting caller for as long as it waits.
struct Counted<'a>(&'a AtomicUsize);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Arrivals {
    pub(crate) fn new() -> Self {
        Arrivals { count: AtomicUsize::new(0), waiting: Lock::new(Vec::new()) }
    }

    pub(crate) async fn wait_for(&self, node: &Node, address: &Address) {
        self.count.fetch_add(1, Ordering::SeqCst);
        let _counted = Counted(&self.count);
        poll_fn(|cx| {
            self.waiting.with(|waiting| {
                waiting.retain(|(_, waker)| !waker.will_wake(cx.waker()));
                waiting.push((address.clone(), cx.waker().clone()));
            });
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
        let arrived = self.waiting.with(|waiting| {
            let is_here = |(address, _): &mut (Address, Waker)| mailboxes.find(address).is_some();
            waiting.extract_if(.., is_here).collect::<Vec<_>>()
        });
        arrived.into_iter().for_each(|(_, waker)| waker.wake());
    }
}
