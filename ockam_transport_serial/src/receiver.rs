//! The processor that delivers messages from the line.

use crate::line::Line;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{LocalMessage, Processor, Result};
use ockam_node::{Context, LinkGuard};

/// Adds the link's sender to the front of the return route and delivers the message to the first
/// hop of the onward route, if that is a consumer of the link.
pub(crate) struct Receiver {
    pub(crate) line: Arc<Line>,
    /// The entry in the node's list of links.
    pub(crate) link: LinkGuard,
}

impl Processor for Receiver {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        let Some(mut message) = self.line.incoming.take().await else {
            self.link.down(|| self.line.why_ended().unwrap_or_default());
            return Ok(false);
        };
        message.return_route.modify().prepend(self.line.sender.clone());
        // A worker that does not exist or is not a consumer is no fault of this link: count it.
        let counters = &self.line.counters;
        match ctx.forward(LocalMessage::new(message, Vec::new())).await {
            Ok(()) => counters.received.count(),
            Err(_) => counters.refused.count(),
        }
        self.line.incoming.done();
        Ok(true)
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        // Without a reason the line stays open: the node is stopping, and queued messages may still
        // be written.
        if let Some(why) = self.line.why_ended() {
            ctx.end_flow(&self.line.receiver, why);
            // The sender may already have ended, which is how a link is stopped.
            let _ = ctx.stop_worker(self.line.sender.clone()).await;
        }
        Ok(())
    }
}
