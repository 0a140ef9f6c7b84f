//! Stopping: in which order, with which options, and what a kill found.

pub use ockam_node::{DEFAULT_STOP_TIMEOUT, StopError, StopOrder};
#[cfg(feature = "std")]
pub use ockam_node::{KILL_PATIENCE, Killed, STOP_TIMEOUT_VARIABLE, StopOptions};
