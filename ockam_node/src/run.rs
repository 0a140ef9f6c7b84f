//! The loops of workers and processors, and the tasks that run them.
//!
//! | file | owns |
//! |---|---|
//! | `worker`, `processor` | the two loops |
//! | `task` | a loop as a task that can be cut off |
//! | `blocking` | handlers that block their thread: a WARN; with `std` only |
//!
//! It refuses to know executors.

// The models watch no threads.
#[cfg(feature = "std")]
#[cfg_attr(ockam_loom, allow(dead_code))]
pub(crate) mod blocking;
pub(crate) mod processor;
pub(crate) mod task;
pub(crate) mod worker;

#[cfg(feature = "std")]
pub use self::blocking::DEFAULT_BLOCKING_LIMIT;
