// examples/05-secure-channel-over-two-transport-hops-middle.rs
// This node creates a TCP connection to the responder and a relay that forwards to it, and waits
// for messages on a TCP listener of its own. It does not know that a secure channel passes here,
// and it cannot read what is in it.
//
// Run the responder first, then:
// cargo run --example 05-secure-channel-over-two-transport-hops-middle

use hello_ockam::Relay;
use ockam::{node, Context, Result};
use ockam::{TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let node = node(ctx);

    // Initialize the TCP transport.
    let tcp = node.create_tcp_transport().await?;

    // Create a TCP connection to the responder node.
    let connection_to_responder = tcp
        .connect("127.0.0.1:4000", TcpConnectionOptions::new())
        .await?;

    // Create a relay worker that forwards to the responder.
    node.start_worker("forward_to_responder", Relay::new(connection_to_responder))
        .await?;

    // Create a TCP listener and wait for incoming connections.
    let listener = tcp
        .listen("127.0.0.1:3000", TcpListenerOptions::new())
        .await?;

    // Let messages that come in over this listener's connections reach the relay.
    node.flow_controls()
        .add_consumer("forward_to_responder", listener.flow_control_id());

    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
