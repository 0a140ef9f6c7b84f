// examples/20-misspelt-address.rs
// This node makes some mistakes with addresses, and prints what the errors say about them.
//
// Run it with: cargo run --example 20-misspelt-address

use hello_ockam::Echoer;
use ockam::error::SendError;
use ockam::{node, route, Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("echoer", Echoer).await?;

    // Two letters are swapped. A `send` to an address on this node fails at once when nobody is
    // there, so there is no need to wait for a reply that never comes.
    if let Err(error) = node.send("ecoher", "Hello Ockam!".to_string()).await {
        println!("Misspelt: {}", error);

        // The message is not lost: it is in the error.
        let unsent: String = error.downcast::<SendError>()?.into_body()?;
        println!("Not sent: {}", unsent);
    }

    // Nothing has a name like this one, so there is nothing to suggest.
    if let Err(error) = node.send("database", 1u8).await {
        println!("Unknown: {}", error);
    }

    // A route without an address leads nowhere.
    if let Err(error) = node.send(route![], 1u8).await {
        println!("Empty: {}", error);
    }

    // An address belongs to one worker. The error says to which one.
    if let Err(error) = node.start_worker("echoer", Echoer).await {
        println!("Taken: {}", error);
    }

    node.stop().await
}
