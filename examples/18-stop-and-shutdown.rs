// examples/18-stop-and-shutdown.rs
// This node stops while messages are still waiting, and shows that none of them is lost.
//
// Run it with: cargo run --example 18-stop-and-shutdown

use ockam::{node, Context, Result, Routed, Worker};

/// Collects lines, with something to prepare and something to clean up.
#[derive(Default)]
struct Journal {
    lines: Vec<String>,
}

#[ockam::worker]
impl Worker for Journal {
    type Context = Context;
    type Message = String;

    // The first call. `start_worker` returns when it is done, or with the error that it returns.
    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        println!("Address: {}, Initialized", ctx.address());
        Ok(())
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        println!("Address: {}, Received: {}", ctx.address(), msg);
        self.lines.push(msg.body());
        Ok(())
    }

    // The last call, exactly once, however the worker ends. A real one would write to a disk.
    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        let count = self.lines.len();
        println!("Address: {}, Saved lines: {}", ctx.address(), count);
        Ok(())
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("journal", Journal::default()).await?;
    node.start_worker("draft", Journal::default()).await?;

    // One worker can be stopped by itself. Its shutdown is done when this returns.
    node.stop_worker("draft").await?;

    // `send` returns when a message is in the mailbox. It does not wait until it is handled.
    for line in ["one", "two", "three"] {
        node.send("journal", line.to_string()).await?;
    }

    // From here on nothing new starts, every message that waits is handled, and every worker is
    // shut down. What takes longer than a second is cut off, and the error names it.
    node.stop().await?;
    println!("The node has stopped");
    Ok(())
}
