//! When a worker that has nothing to do gives its task up.
//!
//! A task costs memory, and making one costs time. So a worker keeps its task for a while after
//! its last message, in case the next one comes soon, and then sleeps. One sweeper per node looks
//! at all of them at a fixed interval; a message costs nothing for it.

use crate::cell::Cell;
use crate::sync::Lock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

/// A worker sleeps after one to two such intervals without a message.
pub(crate) const IDLE_INTERVAL: Duration = Duration::from_millis(100);

/// How many workers keep their tasks at most. Others sleep as soon as their queue is empty. This
/// bounds what a burst over a million workers leaves behind. A board has little memory for tasks
/// of workers that do nothing.
const MAX_IDLE_TASKS: usize = if cfg!(feature = "std") { 4096 } else { 8 };

#[derive(Default)]
struct IdleList {
    /// Each with the number of messages it had taken at the last look.
    workers: Vec<(Arc<Cell>, u32)>,
    /// How many are held by the sweeper at this moment.
    held_by_sweeper: usize,
    sweeping: bool,
}

pub(crate) struct IdleWorkers(Lock<IdleList>);

impl IdleWorkers {
    pub(crate) fn new() -> Self {
        IdleWorkers(Lock::new(IdleList::default()))
    }

    /// Lets a worker keep its task until the sweeper finds it unused; `false` if there are enough.
    /// `start_sweeper` has to call [`sweep`](Self::sweep) until that returns `false`.
    pub(crate) fn admit(&self, cell: &Arc<Cell>, start_sweeper: impl FnOnce()) -> bool {
        let start = self.0.with(|idle| {
            if idle.workers.len() + idle.held_by_sweeper >= MAX_IDLE_TASKS {
                return None;
            }
            idle.workers.push((Arc::clone(cell), 0));
            Some(!mem::replace(&mut idle.sweeping, true))
        });
        if start == Some(true) {
            start_sweeper();
        }
        start.is_some()
    }

    /// Looks at every worker once; `false` if none is left.
    pub(crate) fn sweep(&self) -> bool {
        let mut workers = self.0.with(|idle| {
            idle.held_by_sweeper = idle.workers.len();
            mem::take(&mut idle.workers)
        });
        workers.retain_mut(|(cell, taken)| match cell.request_rest(*taken) {
            Some(now) => {
                *taken = now;
                true
            }
            None => false,
        });
        self.0.with(|idle| {
            idle.held_by_sweeper = 0;
            idle.workers.append(&mut workers);
            if idle.workers.is_empty() {
                // A burst is over: what the list grew to is given back.
                idle.workers = Vec::new();
                idle.sweeping = false;
            }
            idle.sweeping
        })
    }
}
