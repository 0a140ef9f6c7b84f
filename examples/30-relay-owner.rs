// examples/30-relay-owner.rs
// This node listens nowhere, so nobody can connect to it. It registers a relay, through which its
// echoer is reached all the same: along the connection that this node has made itself.
//
// Run the service first, then: cargo run --example 30-relay-owner

use hello_ockam::Echoer;
use ockam::remote::RemoteRelayOptions;
use ockam::tcp::TCP;
use ockam::{node, Context, Result, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let node = node(ctx);

    // Initialize the TCP transport.
    node.create_tcp_transport().await?;

    // Create an echoer worker.
    node.start_worker("echoer", Echoer).await?;

    // Register a relay with a name of our choice. The route names the other node by its TCP
    // address, so the relay is registered again when the connection was lost.
    // Only the echoer is reachable through it.
    let relay = node
        .create_static_relay(
            (TCP, "127.0.0.1:4000"),
            "cellar",
            RemoteRelayOptions::new().with_consumer("echoer"),
        )
        .await?;

    println!("Relay at {}", relay.remote_address()); // should print "0#forward_to_cellar"

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
