//! Workers that the examples share.

mod echoer;
mod hop;
mod relay;

pub use echoer::Echoer;
pub use hop::Hop;
pub use relay::Relay;
