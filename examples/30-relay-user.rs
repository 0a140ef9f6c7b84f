// examples/30-relay-user.rs
// This node sends a message to an echoer on a node to which nobody can connect.
//
// Run the service and the owner first, then: cargo run --example 30-relay-user

use ockam::{node, route, Context, Result, TcpConnectionOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // Initialize the TCP transport, and connect to the node with the relay service.
    let tcp = node.create_tcp_transport().await?;
    let connection = tcp
        .connect("127.0.0.1:4000", TcpConnectionOptions::new())
        .await?;

    // The relay passes the message on to its owner. The reply does not pass the relay: it goes
    // from one connection to the other.
    let r = route![connection, "forward_to_cellar", "echoer"];
    let reply = node
        .send_and_receive::<String>(r, "Hello Ockam!".to_string())
        .await?;

    println!("App Received: {}", reply); // should print "Hello Ockam!"

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
