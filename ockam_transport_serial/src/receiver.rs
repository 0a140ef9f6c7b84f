//! The processor that brings in what arrives on the line.

use crate::line::Line;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{LocalMessage, Processor, Result};
use ockam_node::{Context, LinkGuard};

/// Puts the sender of the link in front of the return route and hands the message to the worker
/// named first in the onward route, if that is a consumer of the link.
pub(crate) struct Receiver {
    pub(crate) line: Arc<Line>,
    /// In the list of the node's links.
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
        // Whoever may not be reached, or is not there, is no fault of this link: counted, and on.
        let counters = &self.line.counters;
        match ctx.forward(LocalMessage::new(message, Vec::new())).await {
            Ok(()) => counters.received.count(),
            Err(_) => counters.refused.count(),
        }
        self.line.incoming.done();
        Ok(true)
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        // Without a reason the line goes on: the node stops, and what is queued may still leave.
        if let Some(why) = self.line.why_ended() {
            ctx.end_flow(&self.line.receiver, why);
            // It may have ended before, which is how a link is stopped.
            let _ = ctx.stop_worker(self.line.sender.clone()).await;
        }
        Ok(())
    }
}
