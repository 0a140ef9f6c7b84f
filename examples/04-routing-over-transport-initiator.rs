// examples/04-routing-over-transport-initiator.rs
// This node sends a message to an echoer worker that runs on another node, over a TCP connection.
//
// Run the responder first, then: cargo run --example 04-routing-over-transport-initiator

use ockam::{node, route, Context, Result, TcpConnectionOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // Initialize the TCP transport.
    let tcp = node.create_tcp_transport().await?;

    // Create a TCP connection to the other node.
    let connection_to_responder = tcp
        .connect("localhost:4000", TcpConnectionOptions::new())
        .await?;

    // Send a message to the "echoer" worker on the other node. The route leads through the
    // connection. Wait to receive a reply and print it.
    let r = route![connection_to_responder, "echoer"];
    let reply = node
        .send_and_receive::<String>(r, "Hello Ockam!".to_string())
        .await?;

    println!("App Received: {}", reply); // should print "Hello Ockam!"

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
