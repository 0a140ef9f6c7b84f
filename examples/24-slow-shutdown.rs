// examples/24-slow-shutdown.rs
// This node has a worker that takes too long to shut down. The first Ctrl-C stops the node, which
// waits for the worker for a second. A second Ctrl-C ends the process at once.
//
// Run it with: cargo run --example 24-slow-shutdown

use ockam::{node, Context, Result, Routed, Worker};
use std::time::Duration;

/// Says goodbye to somebody who does not answer.
struct Slow;

#[ockam::worker]
impl Worker for Slow {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        Ok(())
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        println!("Address: {}, Shutting down", ctx.address());
        ctx.sleep(Duration::from_secs(60)).await;
        println!("Address: {}, Shut down", ctx.address());
        Ok(())
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let node = node(ctx);
    node.start_worker("slow", Slow).await?;

    println!("Press Ctrl-C to stop the node, and again to stop waiting");
    Ok(())
}
