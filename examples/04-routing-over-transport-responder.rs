// examples/04-routing-over-transport-responder.rs
// This node starts a TCP listener and an echoer worker.
// It then runs forever waiting for messages.
//
// Run it with: cargo run --example 04-routing-over-transport-responder

use hello_ockam::Echoer;
use ockam::{node, Context, Result, TcpListenerOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let node = node(ctx);

    // Initialize the TCP transport.
    let tcp = node.create_tcp_transport().await?;

    // Create an echoer worker.
    node.start_worker("echoer", Echoer).await?;

    // Create a TCP listener and wait for incoming connections.
    let listener = tcp
        .listen("127.0.0.1:4000", TcpListenerOptions::new())
        .await?;

    // Nothing is reachable from outside unless it is made a consumer. Let messages that come in
    // over this listener's connections reach the echoer.
    node.flow_controls()
        .add_consumer("echoer", listener.flow_control_id());

    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
