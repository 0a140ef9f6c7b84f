// examples/04-routing-over-transport-two-hops-initiator.rs
// This node sends a message to an echoer worker that runs two TCP connections away.
//
// Run the responder and the middle node first, then:
// cargo run --example 04-routing-over-transport-two-hops-initiator

use ockam::{node, route, Context, Result, TcpConnectionOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // Initialize the TCP transport.
    let tcp = node.create_tcp_transport().await?;

    // Create a TCP connection to the middle node.
    let connection_to_middle_node = tcp
        .connect("localhost:3000", TcpConnectionOptions::new())
        .await?;

    // Send a message to the "echoer" worker on the responder node: over the connection to the
    // middle node, and through the relay there. Wait to receive a reply and print it.
    let r = route![connection_to_middle_node, "forward_to_responder", "echoer"];
    let reply = node
        .send_and_receive::<String>(r, "Hello Ockam!".to_string())
        .await?;

    println!("App Received: {}", reply); // should print "Hello Ockam!"

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
