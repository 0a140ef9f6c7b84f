//! The behaviour of serial links, on nodes that run on tokio.
#![allow(clippy::unwrap_used)]

mod dropped;
#[path = "../../../ockam_node/tests/it/drops.rs"]
mod drops;
mod end;
mod noise;
mod route;
mod support;
mod waker_panic;
