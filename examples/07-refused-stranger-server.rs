// examples/07-refused-stranger-server.rs
// This node makes secure channels with one identity and nobody else.
//
// Run it with: cargo run --features identity --example 07-refused-stranger-server

use hello_ockam::{known_identity, Echoer};
use ockam::identity::{Identifier, SecureChannelListenerOptions, TrustIdentifierPolicy};
use ockam::{node, Context, Result, TcpListenerOptions, TcpTransportExtension};

/// The identifier of the only one who gets a channel.
const FRIEND: &str = "I003127034811652f8cba3b02e4e74ae1c052f28daa81b0917d9455a69bb86875";

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let (identities, server) = known_identity([2; 32]).await?;
    let node = node(ctx).with_identities(identities);
    let friend: Identifier = FRIEND.parse()?;

    let tcp = node.create_tcp_transport().await?;
    let listener = tcp
        .listen("127.0.0.1:4000", TcpListenerOptions::new())
        .await?;

    // Whoever else asks is refused, and told so but not why. The log has one line for it, with the
    // identifier and the policy.
    let options = SecureChannelListenerOptions::new()
        .as_consumer(listener.flow_control_id())
        .with_trust_policy(TrustIdentifierPolicy::new(friend));
    let channels = node
        .create_secure_channel_listener(&server, "server_listener", options)
        .await?;
    node.start_worker("echoer", Echoer).await?;
    node.flow_controls()
        .add_consumer("echoer", channels.flow_control_id());

    println!("Server {}", server);
    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
