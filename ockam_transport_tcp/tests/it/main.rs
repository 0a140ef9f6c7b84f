//! What connections do, over real sockets and seen through the public API: nodes on both sides, or
//! a node and a peer that says bytes.
#![allow(clippy::unwrap_used)]

mod accept;
mod audience;
mod connect;
mod consumer;
mod descriptors;
mod direct;
mod dropped;
#[path = "../../../ockam_node/tests/it/drops.rs"]
mod drops;
mod end;
mod failure;
mod failure_here;
mod flow;
mod frame;
mod hostile;
mod killed;
mod lines;
mod memory;
mod no_mark;
mod on_demand;
mod peer;
mod places;
mod queued;
mod reconnect;
mod registry;
mod sent;
mod stalled;
mod state;
mod stop;
mod support;
mod tail;
mod vectors;
