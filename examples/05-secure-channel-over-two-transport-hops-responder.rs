// examples/05-secure-channel-over-two-transport-hops-responder.rs
// This node starts a TCP listener, a secure channel listener, and an echoer worker.
// It then runs forever waiting for messages.
//
// Run it with: cargo run --features identity --example 05-secure-channel-over-two-transport-hops-responder

use hello_ockam::Echoer;
use ockam::identity::SecureChannelListenerOptions;
use ockam::{node, Context, Result, TcpListenerOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let node = node(ctx);

    // Initialize the TCP transport.
    let tcp = node.create_tcp_transport().await?;

    // Create an echoer worker.
    node.start_worker("echoer", Echoer).await?;

    // Bob is the identity of this node.
    let bob = node.create_identity().await?;

    // Create a TCP listener and wait for incoming connections.
    let listener = tcp
        .listen("127.0.0.1:4000", TcpListenerOptions::new())
        .await?;

    // As Bob, wait for others who want a secure channel and ask for it over one of these
    // connections.
    let secure_channel_listener = node
        .create_secure_channel_listener(
            &bob,
            "bob_listener",
            SecureChannelListenerOptions::new().as_consumer(listener.flow_control_id()),
        )
        .await?;

    // Let messages that come in through Bob's channels reach the echoer. Without a channel, over a
    // connection alone, nobody reaches it.
    node.flow_controls()
        .add_consumer("echoer", secure_channel_listener.flow_control_id());

    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
