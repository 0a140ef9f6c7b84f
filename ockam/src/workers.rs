//! Workers that are useful as they are, and a way to make one of a closure.

mod closure;
mod echoer;
mod hop;

pub use closure::{FnWorker, worker_fn};
pub use echoer::Echoer;
pub use hop::Hop;
