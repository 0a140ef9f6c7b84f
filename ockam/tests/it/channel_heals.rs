//! Secure channels whose path is lost, on the clock of a simulation: they are made again.

mod bad_input;
mod clock;
mod gap;
mod heartbeat;
mod peers;
mod registered;
mod routes;
mod stage;
mod stops;
