//! Secure channels on nodes: what programs see.

mod access;
mod close;
mod credential;
mod handshake;
mod stage;
mod trust;
