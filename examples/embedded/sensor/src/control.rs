//! What takes commands.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};
use ockam::{Context, Result, Routed, Worker};
use workers::Command;

/// Does what the computer says.
pub struct Control {
    interval_ms: Arc<AtomicU32>,
}

impl Control {
    pub fn new(interval_ms: Arc<AtomicU32>) -> Self {
        Control { interval_ms }
    }
}

#[ockam::worker]
impl Worker for Control {
    type Context = Context;
    type Message = Command;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Command>) -> Result<()> {
        match *msg {
            Command::MeasureEvery { millis } => self.interval_ms.store(millis, Ordering::Relaxed),
            Command::Reset => cortex_m::peripheral::SCB::sys_reset(),
            Command::Off => board::exit(true),
        }
        ctx.send(msg.return_route(), ()).await
    }
}
