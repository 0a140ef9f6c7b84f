// examples/vault-and-identities.rs
// This program creates an identity, whose secret key is in the vault of the node.
//
// Run it with: cargo run --features identity --example vault-and-identities

use ockam::{node, Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    // A node has a vault, which keeps secret keys and never shows them. They are in memory, so
    // they are gone when the program ends; identities-in-a-file.rs has some that stay.
    let mut node = node(ctx);

    // Create an identity to represent Alice: a new secret key in the vault, and a name that nobody
    // can have who does not have the key.
    let alice = node.create_identity().await?;
    println!("Alice is {}", alice);

    // Others get the history of her keys, without the secret ones. Whoever has it can find out
    // whether it is really Alice who says so.
    let history = node.identities().export(&alice)?;
    assert_eq!(node.import_identity(&history)?, alice);

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
