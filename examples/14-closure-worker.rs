// examples/14-closure-worker.rs
// This node starts workers that are closures, for when a struct would be too much.
//
// Run it with: cargo run --example 14-closure-worker

use ockam::workers::worker_fn;
use ockam::{node, Context, Handle, Result, Routed};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // The type of the message is written at the closure's argument. A closure gets a `Handle`,
    // which is a context that it may keep, instead of a borrowed `Context`.
    let double = worker_fn(|ctx: Handle, msg: Routed<u32>| async move {
        ctx.send(msg.return_route(), *msg * 2).await
    });
    node.start_worker("double", double).await?;

    // A closure keeps its state in the variables that it captures. The future that it returns
    // cannot borrow them, so they change before the `async move` block.
    let mut calls = 0;
    let count = worker_fn(move |ctx: Handle, msg: Routed<String>| {
        calls += 1;
        let text = format!("{} is call number {}", msg, calls);
        async move { ctx.send(msg.return_route(), text).await }
    });
    node.start_worker("count", count).await?;

    let reply: u32 = node.send_and_receive("double", 21u32).await?;
    println!("App Received: {}", reply); // should print 42

    for name in ["this", "that"] {
        let reply: String = node.send_and_receive("count", name.to_string()).await?;
        println!("App Received: {}", reply);
    }

    node.stop().await
}
