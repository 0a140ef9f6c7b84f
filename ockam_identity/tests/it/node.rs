//! Secure channels on nodes: what programs see.

mod access;
mod asked;
mod clock;
mod close;
mod credential;
mod direct;
mod dropped;
mod handshake;
mod hostile;
mod limit;
mod link;
mod log;
mod loss;
mod meeting;
mod middle;
mod outward;
mod panics;
mod path;
mod raw;
mod refresh;
mod remembering;
mod renewal;
mod stage;
mod trust;
mod wire;
