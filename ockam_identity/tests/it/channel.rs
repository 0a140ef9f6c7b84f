//! The protocol of secure channels, without a node.

mod conversation;
mod handshake;
mod noise;
mod window;
