// examples/03-routing.rs
// This node sends a message to a worker by way of another worker, and the reply comes back the
// same way.
//
// Run it with: cargo run --example 03-routing

use hello_ockam::{Echoer, Hop};
use ockam::{node, route, Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // Start a worker, of type Echoer, at address "echoer"
    node.start_worker("echoer", Echoer).await?;

    // Start a worker, of type Hop, at address "h1"
    node.start_worker("h1", Hop).await?;

    // A route is a list of addresses. The message goes to "h1" first, and "h1" passes it on to
    // "echoer". The app does not need to know how "echoer" can be reached from "h1".
    node.send(route!["h1", "echoer"], "Hello Ockam!".to_string())
        .await?;

    // The echoer answers along the return route that "h1" has written into the message.
    let reply = node.receive::<String>().await?;
    println!("App Received: {}", reply); // should print "Hello Ockam!"

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
