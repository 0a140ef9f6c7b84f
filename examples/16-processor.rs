// examples/16-processor.rs
// This node starts a processor, which needs no messages to do something: the node calls it again
// and again. Processors read from sockets, sensors or timers.
//
// Run it with: cargo run --example 16-processor

use ockam::{node, Context, Processor, Result};
use std::time::Duration;

/// Counts down to zero, and tells the app about it.
struct Countdown {
    left: u32,
}

#[ockam::processor]
impl Processor for Countdown {
    type Context = Context;

    // One round: `true` asks for another one, `false` is the end.
    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        // Stopping a processor interrupts it where it waits, so waiting here is fine.
        ctx.sleep(Duration::from_millis(20)).await;

        ctx.send("app", self.left.to_string()).await?;
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        Ok(true)
    }

    // The last call, whether the processor ended by itself or was stopped.
    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        ctx.send("app", "Lift-off!".to_string()).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    let countdown = Countdown { left: 3 };
    node.start_processor("countdown", countdown).await?;

    for _ in 0..5 {
        let message = node.receive::<String>().await?;
        println!("App Received: {} from {}", message, message.src_addr());
    }

    node.stop().await
}
