//! What the facade adds to the node, seen through its public API: relays, over a network in memory.
#![allow(clippy::unwrap_used)]

mod relay;
mod relay_bad_input;
mod relay_loss;
mod relay_vectors;
mod support;
