// examples/33-healing-channel-owner.rs
// This node makes secure channels over a relay, and goes on when that is restarted.
//
// Run it with: cargo run --features identity --example 33-healing-channel-owner
// Then run, stop and run again: cargo run --example 30-relay-service

use hello_ockam::{known_identity, Echoer};
use ockam::identity::SecureChannelListenerOptions;
use ockam::remote::RemoteRelayOptions;
use ockam::tcp::TCP;
use ockam::{node, Context, Result, TcpTransportExtension};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let (identities, owner) = known_identity([2; 32]).await?;
    let node = node(ctx).with_identities(identities);
    node.create_tcp_transport().await?;

    // An echoer for whoever has a channel.
    let options = SecureChannelListenerOptions::new();
    let channels = node
        .create_secure_channel_listener(&owner, "channels", options)
        .await?;
    node.start_worker("echoer", Echoer).await?;
    node.flow_controls()
        .add_consumer("echoer", channels.flow_control_id());

    // The relay leads to the listener of channels, and is registered again when it was lost.
    let options = RemoteRelayOptions::new()
        .with_consumer("channels")
        .with_retries();
    let relay = node
        .create_static_relay((TCP, "127.0.0.1:4000"), "cellar", options)
        .await?;

    println!("Owner {}", owner);
    let mut watch = relay.watch();
    let mut state = watch.state();
    while !state.is_up() {
        state = watch.changed().await;
    }
    println!("The relay is {}", state);

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
