// examples/22-error-from-main.rs
// This node returns an error from its main function: the error is printed, and the process ends
// with the exit status 1.
//
// Run it with: cargo run --example 22-error-from-main

use hello_ockam::Echoer;
use ockam::{node, Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("echoer", Echoer).await?;

    // Two letters are swapped, so this fails. `?` returns the error from main, and the node is
    // stopped as if `stop` had been called. `context` adds what was being done.
    node.send("ecoher", "Hello Ockam!".to_string())
        .await
        .map_err(|error| error.add_context("greeting the echoer"))?;

    println!("This line is not reached");
    node.stop().await
}
