//! What the attributes `#[ockam::node]` and `#[ockam::test]` call: a runtime, a node, and the
//! function that the user wrote.

mod place;
mod signals;
mod stop_timeout;

pub use stop_timeout::STOP_TIMEOUT_VARIABLE;

use crate::builder::NodeBuilder;
use crate::context::{Context, Handle};
use crate::executor::{catch, frame, runtime};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt::Debug;
use core::future::Future;
use core::pin::pin;
use core::time::Duration;
use ockam_core::Result;
use std::process;
use std::sync::mpsc;
use tokio::runtime::Runtime;

/// What a main function may return.
#[diagnostic::on_unimplemented(
    message = "an Ockam main or test function cannot return `{Self}`",
    note = "write `-> Result<()>`, or no return type at all"
)]
pub trait Outcome: Send + 'static {
    /// Returns the text of the failure, if it is one.
    fn failure(&self) -> Option<String>;
}

impl Outcome for () {
    fn failure(&self) -> Option<String> {
        None
    }
}

impl Outcome for process::ExitCode {
    fn failure(&self) -> Option<String> {
        None
    }
}

impl<T: Send + 'static, E: Debug + Send + 'static> Outcome for core::result::Result<T, E> {
    fn failure(&self) -> Option<String> {
        self.as_ref().err().map(|error| format!("{error:?}"))
    }
}

/// Runs a main function as the worker `"app"` of a new node, until both are done.
///
/// Main may block its thread; see `place`. A signal stops the node and ends the process, whatever
/// main returns then; see `signals`.
pub fn run_node<F, Fut, T>(main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    run_node_with(NodeBuilder::new(), main)
}

/// As [`run_node`], with a limit for the stop of the node, in milliseconds.
pub fn run_node_with_stop_timeout<F, Fut, T>(limit_ms: u64, main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    run_node_with(NodeBuilder::new().with_stop_timeout(Duration::from_millis(limit_ms)), main)
}

/// As [`run_node`], with the options of a builder. The environment's limit for the stop comes before
/// that of the builder.
pub fn run_node_with<F, Fut, T>(builder: NodeBuilder, main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    match try_run_node(builder, main) {
        Ok(output) => output,
        Err(error) => {
            std::eprintln!("Error: {error:?}");
            process::exit(1);
        }
    }
}

fn try_run_node<F, Fut, T>(builder: NodeBuilder, main: F) -> Result<T>
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    let stop_timeout = stop_timeout::find(builder.stop_timeout())?;
    let (runtime, ctx) = build(builder.with_stop_timeout(stop_timeout))?;
    let handle = ctx.handle();
    let end = signals::listen(handle.clone())?;
    let cell = Arc::clone(handle.cell());
    let main = async move { run_main(main(ctx), &handle).await };
    let output = place::run(&runtime, &cell, main)?;
    end.main_returned();
    // What a program left running must not keep the process from ending.
    runtime.shutdown_background();
    Ok(output)
}

/// Builds a runtime and a node in it.
fn build(builder: NodeBuilder) -> Result<(Runtime, Context)> {
    let runtime = runtime()?;
    let ctx = {
        let _inside = runtime.enter();
        builder.build()?
    };
    Ok((runtime, ctx))
}

async fn run_main<T: Outcome>(main: impl Future<Output = T>, handle: &Handle) -> T {
    let output = main.await;
    match output.failure() {
        // The error is what the user wants to see; what the stop has to say is in the log.
        Some(_) => drop(handle.stop().await),
        None => {
            tracing::info!("main has returned; the node runs until it is stopped, or Ctrl-C");
            handle.stopped().await;
        }
    }
    output
}

/// Runs a test function on a node of its own, within a time limit, and stops the node in any case.
///
/// # Panics
/// If the test returns an error, panics or takes too long.
pub fn run_test<F, Fut, T>(name: &'static str, timeout_ms: u64, test: F)
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    let failure = match try_run_test(timeout_ms, test) {
        Ok(failure) => failure,
        Err(error) => Some(format!("{error:?}")),
    };
    if let Some(failure) = failure {
        panic!("the test `{name}` failed: {failure}");
    }
}

/// Runs the test as a task, so that one that blocks its thread runs into its limit as well.
fn try_run_test<F, Fut, T>(timeout_ms: u64, test: F) -> Result<Option<String>>
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    let (runtime, ctx) = build(NodeBuilder::new())?;
    let handle = ctx.handle();
    let (sender, outcome) = mpsc::channel();
    let task = runtime.spawn(async move {
        let outcome = catch(pin!(frame(async { Box::pin(test(ctx)).await }))).await;
        // After its limit the outcome does not matter.
        let _ = sender.send(outcome);
    });
    let failure = match outcome.recv_timeout(Duration::from_millis(timeout_ms)) {
        Ok(Ok(output)) => output.failure(),
        Ok(Err(panic)) => Some(panic.to_string()),
        Err(_) => Some(format!("it took longer than {timeout_ms} ms")),
    };
    task.abort();
    let _ = signals::wait_for_stop(&handle, &signals::begin_stop(&handle));
    runtime.shutdown_background();
    Ok(failure)
}
