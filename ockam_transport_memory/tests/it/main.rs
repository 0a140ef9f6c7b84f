//! The behaviour of the network in memory through its public API: one module per noun, one test per
//! guarantee.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod border;
mod end;
mod link;
mod partition;
mod raw;
mod seed;
mod support;
mod transport;
