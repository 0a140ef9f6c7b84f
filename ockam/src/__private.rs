//! What the attributes expand to. Not for programs.

use core::future::Future;
use ockam_node::{Context, Outcome};

/// Runs a main function; see `ockam_node::run_node`.
pub fn run_node<F, Fut, T>(main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    #[cfg(feature = "logs")]
    crate::logs::init();
    ockam_node::run_node(main)
}

/// Runs a main function; see `ockam_node::run_node_with_stop_timeout`.
pub fn run_node_with_stop_timeout<F, Fut, T>(limit_ms: u64, main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    #[cfg(feature = "logs")]
    crate::logs::init();
    ockam_node::run_node_with_stop_timeout(limit_ms, main)
}

/// Runs a test function; see `ockam_node::run_test`.
pub fn run_test<F, Fut, T>(name: &'static str, timeout_ms: u64, test: F)
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    #[cfg(feature = "logs")]
    crate::logs::init();
    ockam_node::run_test(name, timeout_ms, test);
}
