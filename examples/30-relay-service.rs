// examples/30-relay-service.rs
// This node is the one that everybody can connect to. It runs a relay service for nodes that
// nobody can connect to, because they are behind a firewall.
//
// Run it with: cargo run --example 30-relay-service

use ockam::relay::STATIC_FORWARDING_SERVICE;
use ockam::{node, Context, Result, TcpListenerOptions, TcpTransportExtension};
use ockam::{RelayService, RelayServiceOptions};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let node = node(ctx);

    // Initialize the TCP transport, create a TCP listener and wait for incoming connections.
    let tcp = node.create_tcp_transport().await?;
    let listener = tcp
        .listen("127.0.0.1:4000", TcpListenerOptions::new())
        .await?;

    // Whoever connects may register with the service, and may use the relays. Their names begin
    // with "forward_to_", which keeps them apart from this node's other workers.
    let options = RelayServiceOptions::new()
        .with_alias(STATIC_FORWARDING_SERVICE)
        .service_as_consumer(listener.flow_control_id())
        .relay_as_consumer(listener.flow_control_id());
    RelayService::create(&node, "forwarding_service", options).await?;

    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
