//! The beginning and the end of workers, and of the node.
//!
//! | file | owns |
//! |---|---|
//! | `start` | starting workers and processors |
//! | `start_waiters` | those who wait for a worker to become reachable |
//! | `idle` | when a worker that has nothing to do gives its task up |
//! | `stop`, `stop_state`, `stop_error` | stopping the node |
//! | `stop_order`, `stop_options` | when and how a worker is stopped |
//!
//! It refuses to know messages.

pub(crate) mod idle;
mod start;
pub(crate) mod start_waiters;
pub(crate) mod stop;
mod stop_error;
#[cfg(feature = "std")]
pub(crate) mod stop_options;
pub(crate) mod stop_order;
pub(crate) mod stop_state;

pub use self::start::{ProcessorBuilder, WorkerBuilder};
pub use self::stop_error::StopError;
#[cfg(feature = "std")]
pub use self::stop_options::StopOptions;
pub use self::stop_order::StopOrder;
