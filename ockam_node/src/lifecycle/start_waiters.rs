//! Who waits for a worker to become reachable.

use crate::program::wake;
use crate::sync::Lock;
use crate::wait_list::{Number, WaitList};
use core::future::poll_fn;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Poll, Waker};
use ockam_core::{Address, Mailboxes};

pub(crate) struct StartWaiters {
    /// How many wait, so that a start with nobody waiting takes no lock.
    count: AtomicUsize,
    waiting: Lock<WaitList<Address>>,
}

/// One call of `wait_for`, known to the list for as long as it waits.
struct StartWaiter<'a> {
    start_waiters: &'a StartWaiters,
    address: &'a Address,
    number: Number,
}

impl StartWaiter<'_> {
    fn wait(&self, waker: &Waker) {
        let waker = waker.clone();
        drop(self.start_waiters.waiting.with(|list| list.wait(self.number, waker, self.address)));
    }
}

impl Drop for StartWaiter<'_> {
    fn drop(&mut self) {
        drop(self.start_waiters.waiting.with(|list| list.leave(self.number, self.address)));
        self.start_waiters.count.fetch_sub(1, Ordering::SeqCst);
    }
}

impl StartWaiters {
    pub(crate) fn new() -> Self {
        StartWaiters { count: AtomicUsize::new(0), waiting: Lock::new(WaitList::default()) }
    }

    /// Waits until `is_there` says that a worker is reachable at an address.
    pub(crate) async fn wait_for(&self, address: &Address, is_there: impl Fn() -> bool) {
        self.count.fetch_add(1, Ordering::SeqCst);
        let number = self.waiting.with(WaitList::number);
        let registered = StartWaiter { start_waiters: self, address, number };
        poll_fn(|cx| {
            registered.wait(cx.waker());
            // Looked up after the waker is known: an arrival is either seen here or wakes it.
            if is_there() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    pub(crate) fn announce(&self, mailboxes: &Mailboxes) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        for address in mailboxes.addresses() {
            if let Some(wakers) = self.waiting.with(|list| list.take(address)) {
                wake(wakers);
            }
        }
    }
}
