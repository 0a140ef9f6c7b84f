// examples/05-secure-channel-over-two-transport-hops-initiator.rs
// This node creates an end-to-end encrypted secure channel over two TCP connections. It then sends
// a message, through the channel, to an echoer worker at the other end.
//
// Run the responder and the middle node first, then:
// cargo run --features identity --example 05-secure-channel-over-two-transport-hops-initiator

use ockam::identity::SecureChannelOptions;
use ockam::{node, route, Context, Result, TcpConnectionOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // Alice is the identity of this node.
    let alice = node.create_identity().await?;

    // Initialize the TCP transport.
    let tcp = node.create_tcp_transport().await?;

    // Create a TCP connection to the middle node.
    let connection_to_middle_node = tcp
        .connect("localhost:3000", TcpConnectionOptions::new())
        .await?;

    // As Alice, agree with Bob on keys that only the two of them know: over the connection to the
    // middle node, through the relay there, and over its connection to Bob's node.
    let r = route![
        connection_to_middle_node,
        "forward_to_responder",
        "bob_listener"
    ];
    let channel = node
        .create_secure_channel(&alice, r, SecureChannelOptions::new())
        .await?;

    // Send a message, through the channel, to the "echoer" worker on Bob's node. Wait to receive a
    // reply and print it.
    let reply: String = node
        .send_and_receive(route![channel, "echoer"], "Hello Ockam!".to_string())
        .await?;

    println!("App Received: {}", reply); // should print "Hello Ockam!"

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
