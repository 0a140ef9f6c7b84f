//! Knowing when all workers of a node have nothing left to do, while the node stops.
//!
//! Until a stop begins this costs one relaxed load per message. Then every worker that has work
//! is counted once: those that were busy already by a scan, the others when a message reaches
//! them. A message is counted at its recipient before its sender can become idle, so the count
//! reaches zero only when no message is on its way.

use crate::cell::kind::Kind;
use crate::sync::Lock;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Poll, Waker};

pub(crate) struct Drain {
    on: AtomicBool,
    /// Locked inside a cell's lock, and locks nothing itself.
    busy: Lock<Busy>,
}

struct Busy {
    workers: usize,
    waker: Option<Waker>,
}

impl Drain {
    pub(crate) fn new() -> Self {
        Drain { on: AtomicBool::new(false), busy: Lock::new(Busy { workers: 0, waker: None }) }
    }

    /// Starts to count, with one for the caller, who scans for those that are busy already.
    pub(crate) fn begin(&self) {
        self.busy.with(|busy| busy.workers += 1);
        self.on.store(true, Ordering::SeqCst);
    }

    /// Ends the scan.
    pub(crate) fn scanned(&self) {
        self.leave(&mut true);
    }

    /// Counts a worker that got work.
    #[inline]
    pub(crate) fn enter(&self, kind: Kind, counted: &mut bool) {
        if self.on.load(Ordering::Relaxed) && kind == Kind::Worker && !*counted {
            *counted = true;
            self.busy.with(|busy| busy.workers += 1);
        }
    }

    /// Counts a worker off that has no more work.
    #[inline]
    pub(crate) fn leave(&self, counted: &mut bool) {
        if core::mem::take(counted) {
            let last = self.busy.with(|busy| {
                busy.workers -= 1;
                if busy.workers == 0 { busy.waker.take() } else { None }
            });
            if let Some(waker) = last {
                waker.wake();
            }
        }
    }

    /// Waits until nobody has work.
    pub(crate) fn poll_quiet(&self, waker: &Waker) -> Poll<()> {
        self.busy.with(|busy| {
            if busy.workers == 0 {
                return Poll::Ready(());
            }
            busy.waker = Some(waker.clone());
            Poll::Pending
        })
    }
}
