//! The stop of a worker with options: without its queue, and with a kill at the deadline.

use super::Handle;
use super::kill::{Killed, kill};
use crate::ask::reply_to::ReplyTo;
use crate::cell::Cell;
use crate::dead_letter::DeadLetterReason;
use crate::executor::{self, Instant, until};
use crate::lifecycle::stop_options::StopOptions;
use crate::node::Node;
use crate::program::discard;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{Address, Result};

impl Handle {
    pub(super) async fn stop_cell_with(
        &self,
        address: &Address,
        options: StopOptions,
    ) -> Result<Option<Killed>> {
        let cell = self.find_to("stop", address)?;
        let waits = self.request_stop(&cell, |sleeping| match options.kills {
            true => sleeping.shut_down_apart(self.node(), Arc::clone(&cell)),
            false => sleeping.shut_down(self.node(), Arc::clone(&cell)),
        });
        if options.discards {
            discard_queue(self.node(), &cell);
        }
        let limit = options.deadline.unwrap_or(self.node().stop_timeout);
        // Also of who does not wait.
        let overdue = options.kills.then(|| Overdue::new(self.node(), &cell, limit));
        if !waits {
            return Ok(None);
        }
        match (self.ended_within(&cell, address, limit).await, overdue) {
            (Err(error), None) => Err(error),
            (Err(_), Some(_)) => Ok(killed(self.node(), &cell).await),
            (Ok(()), _) if cell.is_killed() => Ok(killed(self.node(), &cell).await),
            (Ok(()), _) => Ok(None),
        }
    }
}

/// Kills a cell, unless it has ended by itself meanwhile. Also another one may have killed it.
async fn killed(node: &Arc<Node>, cell: &Arc<Cell>) -> Option<Killed> {
    let killed = kill(node, cell, true).await;
    cell.is_killed().then_some(killed)
}

/// Makes dead letters of what is queued for a worker that stops. Whoever waits for an answer is told
/// when the worker has ended, so that an asker may start another one in its place.
fn discard_queue(node: &Arc<Node>, cell: &Cell) {
    let mut askers = Vec::new();
    for message in cell.discard_queue() {
        node.dead_letters.record(&message, DeadLetterReason::Stopped);
        askers.extend(ReplyTo::of(&message));
        discard(message);
    }
    if let Err(askers) = cell.add_askers(askers) {
        // It has ended meanwhile.
        for asker in askers {
            node.not_answered(&asker, DeadLetterReason::Stopped, cell);
        }
    }
}

/// A cell that is killed at a time if it has not ended by then: also if its caller goes away.
struct Overdue {
    node: Arc<Node>,
    cell: Arc<Cell>,
    deadline: Instant,
}

impl Overdue {
    fn new(node: &Arc<Node>, cell: &Arc<Cell>, limit: core::time::Duration) -> Self {
        let deadline = executor::deadline(limit);
        Overdue { node: Arc::clone(node), cell: Arc::clone(cell), deadline }
    }
}

impl Drop for Overdue {
    fn drop(&mut self) {
        if self.cell.has_ended() {
            return;
        }
        let (node, cell) = (Arc::clone(&self.node), Arc::clone(&self.cell));
        let left = self.deadline.saturating_duration_since(Instant::now());
        node.executor.clone().spawn(async move {
            if until(cell.ended(), node.executor.sleep(left)).await.is_none() {
                kill(&node, &cell, false).await;
            }
        });
    }
}

#[cfg(all(test, not(ockam_loom)))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builder::NodeBuilder;
    use crate::context::Context;
    use alloc::string::String;
    use ockam_core::{Routed, Worker};

    struct Idle;

    impl Worker for Idle {
        type Context = Context;
        type Message = String;

        async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_worker_that_ends_by_itself_at_its_deadline_was_not_killed() {
        let ctx = NodeBuilder::new().build().unwrap();
        ctx.start_worker("idle", Idle).await.unwrap();
        let cell = ctx.node().find(&"idle".into()).unwrap();
        ctx.stop_worker("idle").await.unwrap();
        assert_eq!(killed(ctx.node(), &cell).await, None);
        assert!(!cell.is_killed());
    }
}
