//! The node's own tasks, which are there as long as they have work.

use super::Node;
use crate::cell::Cell;
#[cfg(feature = "std")]
use crate::delivery::long_wait::LOOK;
use crate::executor::until;
use crate::lifecycle::idle::IDLE_INTERVAL;
use alloc::sync::Arc;
use core::pin::pin;

impl Node {
    /// Lets a worker keep its task until the sweeper finds it unused; `false` if there are enough.
    pub(crate) fn keep_awake(self: &Arc<Self>, cell: &Arc<Cell>) -> bool {
        self.idle_workers.admit(cell, || {
            let node = Arc::clone(self);
            self.executor.spawn(async move {
                // A node that has stopped is not held on to until the next look.
                let mut stopped = pin!(node.stop.stopped());
                while until(stopped.as_mut(), node.executor.sleep(IDLE_INTERVAL)).await.is_none()
                    && node.idle_workers.sweep()
                {}
            });
        })
    }

    /// Watches the line of a cell in which somebody stands since now. The task that looks does not
    /// keep the node.
    #[cfg(feature = "std")]
    pub(crate) fn watch_line(self: &Arc<Self>, cell: &Arc<Cell>) {
        self.long_waits.watch(cell, || {
            let (node, executor) = (Arc::downgrade(self), self.executor.clone());
            self.executor.spawn(async move {
                loop {
                    executor.sleep(LOOK).await;
                    match node.upgrade() {
                        Some(node) if node.long_waits.look() => {}
                        _ => return,
                    }
                }
            });
        });
    }
}
