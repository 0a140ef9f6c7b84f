//! The behaviour of serial links, on nodes that run on tokio.

mod end;
mod noise;
mod route;
mod support;
