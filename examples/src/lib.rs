//! Workers that the examples share.

mod echoer;
mod hop;

pub use echoer::Echoer;
pub use hop::Hop;
