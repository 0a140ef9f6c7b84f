//! Workers that the examples share.

mod echoer;

pub use echoer::Echoer;
