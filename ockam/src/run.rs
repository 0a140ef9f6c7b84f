//! Main functions on nodes with options, which `#[ockam::node]` has no arguments for.
//!
//! It owns the call of a program. It refuses to know what runs the node: `ockam_node` does.

use core::future::Future;
use ockam_node::{Context, NodeBuilder, Outcome};

/// Runs a main function as [`#[ockam::node]`](macro@crate::node) does, on a node with the options of
/// a builder: makes a runtime and the node, sets up the log, calls `main` with the node's first
/// context, and returns what it returned when the node has stopped. Ctrl-C and SIGTERM stop the
/// node, and its stop takes no longer than [`NodeBuilder::with_stop_timeout`] or the environment
/// variable [`OCKAM_STOP_TIMEOUT`](crate::stop::STOP_TIMEOUT_VARIABLE) says, which comes first.
///
/// ```
/// use ockam::error::Audience;
/// use ockam::{Context, NodeBuilder, Result, node, run_node_with};
///
/// fn main() -> Result<()> {
///     let builder = NodeBuilder::new().with_failure_texts_told_to(Audience::Everybody);
///     run_node_with(builder, run)
/// }
///
/// async fn run(ctx: Context) -> Result<()> {
///     let mut node = node(ctx);
///     node.stop().await
/// }
/// ```
///
/// # Errors
/// Those of `main`. If there is no runtime or no node, which [`NodeBuilder::build`] says more about,
/// the error is written to standard error and the process ends with the status 1.
///
/// # Panics
/// If `main` does, or inside of a tokio runtime: there, [`NodeBuilder::build`] makes a node.
pub fn run_node_with<F, Fut, T>(builder: NodeBuilder, main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    #[cfg(feature = "logs")]
    crate::logs::init();
    ockam_node::run_node_with(builder, main)
}
