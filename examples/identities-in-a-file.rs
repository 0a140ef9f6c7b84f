// examples/identities-in-a-file.rs
// This program keeps its identity in a file, so that it is somebody known when it starts again.
// It needs the feature `file-store` of the crate `ockam`.
//
// Run it twice, with: cargo run --features file-store --example identities-in-a-file -- alice.identities

use ockam::identity::Identities;
use ockam::{node, Context, Error, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let Some(file) = std::env::args().nth(1) else {
        return Err(Error::msg("name the file, such as: alice.identities"));
    };

    // Open the file, or make it. The secret keys are in it, so only its owner can read it.
    let mut node = node(ctx).with_identities(Identities::open(file)?);

    // Find the identity of the last time, or create one.
    match node.identities().own().first() {
        Some(alice) => println!("Alice is still {}", alice),
        None => println!("Alice is now {}", node.create_identity().await?),
    }

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
