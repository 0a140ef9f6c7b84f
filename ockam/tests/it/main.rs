//! What the facade adds to the node, seen through its public API: relays, over a network in memory,
//! and secure channels over TCP.
#![allow(clippy::unwrap_used)]

mod channel_heals;
mod channel_over_relay;
mod channel_over_tcp;
mod dropped;
#[path = "../../../ockam_node/tests/it/drops.rs"]
mod drops;
mod failure_over_channel;
mod file_transfer;
mod forwarder;
#[path = "../../../ockam_transport_tcp/tests/it/lines.rs"]
mod lines;
mod log;
mod refused;
mod relay;
mod relay_bad_input;
mod relay_loss;
mod relay_names;
mod relay_stalled;
mod relay_state;
mod relay_vectors;
mod root;
mod support;
mod tutorial;
