// examples/10-stateful-worker.rs
// This node starts a worker that remembers something between its messages.
//
// Run it with: cargo run --example 10-stateful-worker

use ockam::{node, Context, Result, Routed, Worker};

/// Adds up the numbers that it is sent. The fields of a worker are its state.
struct Counter {
    total: u64,
}

#[ockam::worker]
impl Worker for Counter {
    type Context = Context;
    type Message = u64;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u64>) -> Result<()> {
        // A worker handles one message at a time, so its state needs no lock.
        self.total += *msg;

        ctx.send(msg.return_route(), self.total).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // The worker moves into the node: from here on only messages can reach its state.
    node.start_worker("counter", Counter { total: 0 }).await?;

    for number in [1u64, 2, 3] {
        node.send("counter", number).await?;
        let total = node.receive::<u64>().await?;
        println!("App Sent: {}, the total is now: {}", number, total);
    }

    node.stop().await
}
