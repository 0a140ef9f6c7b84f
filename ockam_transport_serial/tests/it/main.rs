//! The behaviour of serial links, on nodes that run on tokio.
#![allow(clippy::unwrap_used)]

mod end;
mod noise;
mod route;
mod support;
