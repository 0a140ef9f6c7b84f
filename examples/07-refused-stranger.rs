// examples/07-refused-stranger.rs
// This node asks for a secure channel with a server that does not trust it.
//
// Run the server first, then: cargo run --features identity --example 07-refused-stranger

use hello_ockam::known_identity;
use ockam::identity::SecureChannelOptions;
use ockam::{node, route, Context, ErrorKind, Result, TcpConnectionOptions, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let (identities, stranger) = known_identity([7; 32]).await?;
    let mut node = node(ctx).with_identities(identities);
    let tcp = node.create_tcp_transport().await?;
    let connection = tcp
        .connect("127.0.0.1:4000", TcpConnectionOptions::new())
        .await?;

    // The server says at once that it does not take this identity. With a server of Ockam 0.150 there
    // would be a channel here, and a first ask through it that is not answered.
    let r = route![connection, "server_listener"];
    let channel = node
        .create_secure_channel(&stranger, r, SecureChannelOptions::new())
        .await;
    match channel {
        Ok(channel) => println!("A channel with {}", channel.peer()),
        Err(error) if error.kind() == ErrorKind::Denied => println!("Denied: {}", error),
        Err(error) => return Err(error),
    }

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
