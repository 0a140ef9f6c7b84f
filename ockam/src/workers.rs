//! Workers that are useful as they are, and a way to make one of a closure.

mod closure;
mod echoer;
mod hop;
mod relay;

pub use closure::{FnWorker, worker_fn};
pub use echoer::Echoer;
pub use hop::Hop;
pub use relay::Relay;
