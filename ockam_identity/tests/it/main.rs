//! The behaviour of identities, credentials and channels, and the golden vectors.
#![allow(clippy::unwrap_used)]

mod channel;
mod credential;
mod dropped;
#[path = "../../../ockam_node/tests/it/drops.rs"]
mod drops;
mod identifier;
mod identity;
mod interleaving;
mod known;
mod node;
mod purpose_key;
mod store;
mod support;
mod tolerance;
mod vault;
mod waiting;
