// examples/25-error-across-tcp-responder.rs
// This node has a worker that fails when it is asked for something that it cannot do. It lets every
// peer read the texts of such errors.
//
// Run it with: cargo run --example 25-error-across-tcp-responder

use ockam::error::Audience;
use ockam::workers::worker_fn;
use ockam::{node, run_node_with, Context, Handle, NodeBuilder, Result};
use ockam::{Routed, TcpListenerOptions, TcpTransportExtension};

/// Reads a number out of a text, and fails if there is none.
async fn parse(ctx: Handle, msg: Routed<String>) -> Result<()> {
    let number: u32 = msg.trim().parse()?;
    ctx.send(msg.return_route(), number).await
}

fn main() -> Result<()> {
    // Every asker is told that its question failed. The text of the error may quote what the program
    // keeps to itself, so unless the builder says otherwise, only peers behind a secure channel whose
    // trust policy has accepted them get that too. `#[ockam::node]` has no argument for it.
    let builder = NodeBuilder::new().with_failure_texts_told_to(Audience::Everybody);
    run_node_with(builder, run)
}

async fn run(ctx: Context) -> Result<()> {
    let node = node(ctx);
    let tcp = node.create_tcp_transport().await?;
    let listener = tcp
        .listen("127.0.0.1:4000", TcpListenerOptions::new())
        .await?;

    node.start_worker("parser", worker_fn(parse)).await?;
    node.flow_controls()
        .add_consumer("parser", listener.flow_control_id());

    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
