//! The protocol of secure channels, without a node.

mod ahead;
mod conversation;
mod handshake;
mod noise;
mod window;
