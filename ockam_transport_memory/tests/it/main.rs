//! What the network in memory does, seen through its public API: one module for each noun, one
//! test for each promise.
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
