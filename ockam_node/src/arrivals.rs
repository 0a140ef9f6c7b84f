//! Who waits for a worker to become reachable.

use crate::node::Node;
use crate::sync::Lock;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::iter;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Poll, Waker};
use ockam_core::{Address, Mailboxes};

pub(crate) struct Arrivals {
    /// How many wait, so that a start with nobody waiting takes no lock.
    count: AtomicUsize,
    waiting: Lock<Queue>,
}

#[derive(Default)]
struct Queue {
    next_id: usize,
    waiting: Vec<Waiting>,
}

struct Waiting {
    id: usize,
    address: Address,
    waker: Waker,
}

/// One call of `wait_for`, known to the queue for as long as it waits.
struct Registered<'a> {
    arrivals: &'a Arrivals,
    id: usize,
}

impl Registered<'_> {
    fn wait(&self, address: &Address, waker: &Waker) {
        self.arrivals.waiting.with(|queue| {
            let known = queue.waiting.iter_mut().find(|waiting| waiting.id == self.id);
            match known {
                Some(waiting) => waiting.waker.clone_from(waker),
                None => {
                    let (id, address, waker) = (self.id, address.clone(), waker.clone());
                    queue.waiting.push(Waiting { id, address, waker });
                }
            }
        });
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.arrivals.waiting.with(|queue| queue.waiting.retain(|waiting| waiting.id != self.id));
        self.arrivals.count.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Arrivals {
    pub(crate) fn new() -> Self {
        Arrivals { count: AtomicUsize::new(0), waiting: Lock::new(Queue::default()) }
    }

    pub(crate) async fn wait_for(&self, node: &Node, address: &Address) {
        self.count.fetch_add(1, Ordering::SeqCst);
        let id = self.waiting.with(|queue| {
            queue.next_id = queue.next_id.wrapping_add(1);
            queue.next_id
        });
        let registered = Registered { arrivals: self, id };
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
        let next = || {
            self.waiting.with(|queue| {
                let is_here = |waiting: &Waiting| mailboxes.find(&waiting.address).is_some();
                let place = queue.waiting.iter().position(is_here)?;
                Some(queue.waiting.swap_remove(place))
            })
        };
        iter::from_fn(next).for_each(|waiting| waiting.waker.wake());
    }
}
