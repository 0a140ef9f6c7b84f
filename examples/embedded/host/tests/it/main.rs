//! Sessions between nodes on this computer and one on a microcontroller.

mod board;
mod secure_session;
mod session;
