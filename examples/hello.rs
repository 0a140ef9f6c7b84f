// examples/hello.rs
// This program sends a message through an encrypted and mutually authenticated channel.
//
// Run it with: cargo run --features identity --example hello

use ockam::identity::{SecureChannelListenerOptions, SecureChannelOptions};
use ockam::{node, route, Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // Bob is an identity: a secret key, and a name that nobody else can have.
    let bob = node.create_identity().await?;

    // As Bob, wait for others who want a channel.
    let options = SecureChannelListenerOptions::new();
    let listener = node
        .create_secure_channel_listener(&bob, "bob_listener", options)
        .await?;

    // What comes out of Bob's channels may reach the "app" worker, and nobody else.
    node.flow_controls()
        .add_consumer("app", listener.flow_control_id());

    // Alice is another identity. As Alice, agree with Bob on keys that only the two of them know.
    let alice = node.create_identity().await?;
    let channel_to_bob = node
        .create_secure_channel(&alice, "bob_listener", SecureChannelOptions::new())
        .await?;

    // Send a message, through the channel, to the "app" worker at the other side.
    node.send(route![channel_to_bob, "app"], "Hello Ockam!".to_string())
        .await?;

    // Wait for the message and print it.
    let message = node.receive::<String>().await?;
    println!("App Received: {}", message); // should print "Hello Ockam!"

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
