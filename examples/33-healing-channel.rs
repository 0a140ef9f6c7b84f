// examples/33-healing-channel.rs
// A secure channel that survives the restart of its relay: it is made again by itself.
//
// Run the relay service and 33-healing-channel-owner first, then this, and then stop the service and
// run it again:
//
//     cargo run --example 30-relay-service
//     cargo run --features identity --example 33-healing-channel-owner
//     cargo run --features identity --example 33-healing-channel

use hello_ockam::known_identity;
use ockam::identity::{Identifier, SecureChannelOptions, TrustIdentifierPolicy};
use ockam::tcp::TCP;
use ockam::{node, route, Context, Result, TcpTransportExtension};
use std::time::Duration;

/// The identifier of the owner, which is 33-healing-channel-owner.
const OWNER: &str = "Idcdb45ce1799d272eb890b5bd3bbfb642e73ac069fde14a67c05b2a67aecb9bd";

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let (identities, user) = known_identity([3; 32]).await?;
    let node = node(ctx).with_identities(identities);
    let owner: Identifier = OWNER.parse()?;
    node.create_tcp_transport().await?;

    // The route names the relay's node and not a connection, so that it can be walked again.
    let r = route![(TCP, "127.0.0.1:4000"), "forward_to_cellar", "channels"];
    let options = SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(owner));
    let channel = node.create_secure_channel(&user, r, options).await?;

    // Ask again and again. An ask that waits when the channel is lost fails: nobody knows whether the
    // question has arrived. One that is asked meanwhile waits until the channel is there again.
    loop {
        let answer =
            node.send_and_receive::<String>(route![&channel, "echoer"], "Hello".to_string());
        match answer.await {
            Ok(answer) => println!("App Received: {answer}"),
            Err(error) => println!("App: {error}; the channel is {}", channel.state()),
        }
        node.sleep(Duration::from_secs(1)).await;
    }
}
