// examples/23-run-until-stopped.rs
// This node runs until it is told to end: a server. Ctrl-C or SIGTERM stops it gracefully.
//
// Run it with: cargo run --example 23-run-until-stopped

use ockam::{node, Context, Result, Routed, Worker};

/// Greets everybody until the node stops.
struct Greeter;

#[ockam::worker]
impl Worker for Greeter {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        println!("Address: {}, Received: {}", ctx.address(), msg);
        let greeting = format!("Hello {}!", msg);
        ctx.send(msg.return_route(), greeting).await
    }

    // This runs when the process gets Ctrl-C or SIGTERM, too.
    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        println!("Address: {}, Shut down", ctx.address());
        Ok(())
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let node = node(ctx);
    node.start_worker("greeter", Greeter).await?;

    let name = "Ockam".to_string();
    let greeting: String = node.send_and_receive("greeter", name).await?;
    println!("App Received: {}", greeting);

    // Main returns without `node.stop()`, so the node goes on running.
    println!("Press Ctrl-C to stop the node");
    Ok(())
}
