// examples/32-relay-owner-with-retries.rs
// The owner of a relay that runs unattended: it may start before the relay service does, and goes
// on when that is restarted. It prints where its relay is.
//
// Run it with: cargo run --example 32-relay-owner-with-retries
// Then run, stop and run again: cargo run --example 30-relay-service

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

    // Register a relay, now or as soon as the other node is there.
    let options = RemoteRelayOptions::new()
        .with_consumer("echoer")
        .with_retries();
    let relay = node
        .create_static_relay((TCP, "127.0.0.1:4000"), "cellar", options)
        .await?;

    // Follow it: it is up, or connecting, which attempt that is, and why the one before has failed.
    let mut watch = relay.watch();
    loop {
        let state = watch.changed().await;
        if watch.is_over() {
            return Ok(());
        }
        println!("The relay is {state}");
    }
}
