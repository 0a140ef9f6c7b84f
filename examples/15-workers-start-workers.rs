// examples/15-workers-start-workers.rs
// This node starts a worker that starts other workers, shares its work among them and adds up
// their results.
//
// Run it with: cargo run --example 15-workers-start-workers

use ockam::{node, Context, Result, Routed, Worker};

/// Adds up the numbers of one message.
struct Adder;

#[ockam::worker]
impl Worker for Adder {
    type Context = Context;
    type Message = Vec<u64>;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Vec<u64>>) -> Result<()> {
        println!("Address: {}, Received: {:?}", ctx.address(), msg);
        ctx.send(msg.return_route(), msg.iter().sum::<u64>()).await
    }
}

/// Hands the numbers of one message out to adders, three to each.
struct Manager;

#[ockam::worker]
impl Worker for Manager {
    type Context = Context;
    type Message = Vec<u64>;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Vec<u64>>) -> Result<()> {
        let mut total = 0;
        for (index, part) in msg.chunks(3).enumerate() {
            // A worker starts workers with the same call as the main function. They are cheap: a
            // node can have hundreds of thousands of them.
            let adder = format!("adder-{}", index + 1);
            ctx.start_worker(&adder, Adder).await?;

            // A worker may ask others while it handles a message. Its own next message waits.
            total += ctx.send_and_receive::<u64>(&adder, part.to_vec()).await?;

            // Nobody needs the adder any more. This frees its address.
            ctx.stop_worker(&adder).await?;
        }
        ctx.send(msg.return_route(), total).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("manager", Manager).await?;

    let numbers: Vec<u64> = (1..=10).collect();
    let total: u64 = node.send_and_receive("manager", numbers).await?;
    println!("App Received: {}", total); // should print 55

    node.stop().await
}
