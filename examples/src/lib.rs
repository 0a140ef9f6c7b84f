//! What the examples share: workers, and identities that they know of each other.

mod echoer;
mod hop;
#[cfg(feature = "identity")]
mod known;
mod relay;

pub use echoer::Echoer;
pub use hop::Hop;
#[cfg(feature = "identity")]
pub use known::known_identity;
pub use relay::Relay;
