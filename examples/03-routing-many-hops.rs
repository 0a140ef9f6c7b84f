// examples/03-routing-many-hops.rs
// This node sends a message through several hops, and the reply comes back through all of them.
//
// Run it with: cargo run --example 03-routing-many-hops

use hello_ockam::{Echoer, Hop};
use ockam::{node, route, Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    node.start_worker("echoer", Echoer).await?;

    // Three workers of the same type, each at an address of its own.
    node.start_worker("h1", Hop).await?;
    node.start_worker("h2", Hop).await?;
    node.start_worker("h3", Hop).await?;

    // Watch the hops in the output: h1, h2, h3 on the way there, h3, h2, h1 on the way back.
    let route = route!["h1", "h2", "h3", "echoer"];
    println!("App Sends along: {}", route);
    node.send(route, "Hello Ockam!".to_string()).await?;

    let reply = node.receive::<String>().await?;
    println!("App Received: {}", reply); // should print "Hello Ockam!"

    node.stop().await
}
