// examples/21-failing-worker.rs
// This node starts a worker that fails, and shows who hears of it: the log, and whoever asked.
//
// Run it with: cargo run --example 21-failing-worker
//
// The log goes to standard error. The environment variable OCKAM_LOG sets how much of it there is,
// for example OCKAM_LOG=off or OCKAM_LOG=debug.

use ockam::{node, Context, Result, Routed, Worker};

/// Reads numbers out of texts, and fails if there is none.
struct Parser;

#[ockam::worker]
impl Worker for Parser {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        // `?` returns the error of the standard library. A handler that returns an error does not
        // end its worker: the failure is logged, and the next message is handled.
        let number: u32 = msg.trim().parse()?;
        ctx.send(msg.return_route(), number).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("parser", Parser).await?;

    // Whoever asks is told at once. It does not wait for its timeout.
    let answer = node
        .send_and_receive::<u32>("parser", "forty-two".to_string())
        .await;
    match answer {
        Ok(number) => println!("App Received: {}", number),
        Err(error) => println!("App was told: {}", error),
    }

    // The worker is still there.
    let number: u32 = node.send_and_receive("parser", "42".to_string()).await?;
    println!("App Received: {}", number);

    node.stop().await
}
