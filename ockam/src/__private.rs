//! What the attributes expand to. Not for programs.

use crate::run_node_with;
use core::future::Future;
use core::time::Duration;
use ockam_node::{Context, NodeBuilder, Outcome};

/// Runs a main function; see `run_node_with`.
pub fn run_node<F, Fut, T>(main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    run_node_with(NodeBuilder::new(), main)
}

/// Runs a main function with a limit for the stop of its node; see `run_node_with`.
pub fn run_node_with_stop_timeout<F, Fut, T>(limit_ms: u64, main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    run_node_with(NodeBuilder::new().with_stop_timeout(Duration::from_millis(limit_ms)), main)
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
