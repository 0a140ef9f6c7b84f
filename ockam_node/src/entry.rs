//! What the attributes `#[ockam::node]` and `#[ockam::test]` call: a runtime, a node, and the
//! function that the user wrote.

use crate::builder::NodeBuilder;
use crate::context::{Context, Handle};
use crate::executor::{Signals, block_on, catch, until};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt::Debug;
use core::future::Future;
use core::pin::pin;
use core::time::Duration;
use ockam_core::Result;
use std::process;

/// How long a main function may go on after a signal has stopped its node.
const MAIN_GRACE: Duration = Duration::from_millis(500);

/// The exit code of a process that a second signal ends.
const EXIT_IMPATIENT: i32 = 130;

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
pub fn run_node<F, Fut, T>(main: F) -> T
where
    F: FnOnce(Context) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Outcome,
{
    let run = async move {
        let ctx = NodeBuilder::new().build()?;
        let signals = Signals::new()?;
        let handle = ctx.handle();
        let output = {
            let main = pin!(until_stopped_by_signal(main(ctx), &handle, signals));
            main.await
        };
        Ok(output)
    };
    match block_on(run).and_then(|outcome: Result<T>| outcome) {
        Ok(output) => output,
        Err(error) => {
            std::eprintln!("Error: {error:?}");
            process::exit(1);
        }
    }
}

/// Runs main and then waits for the node. A signal stops the node and ends the process, whatever
/// main returns then.
async fn until_stopped_by_signal<T: Outcome>(
    main: impl Future<Output = T>,
    handle: &Handle,
    mut signals: Signals,
) -> T {
    let mut program = pin!(run_main(main, handle));
    let name = match select(signals.recv(), program.as_mut()).await {
        Either::Left(name) => name,
        Either::Right(output) => return output,
    };
    tracing::info!("{name}: the node stops; a second signal ends the process at once");
    let farewell = async {
        // Main hears of the stop through its receives; it may say goodbye, but not stay.
        let mut program = pin!(async { drop(program.await) });
        let outcome = {
            let stop = pin!(handle.stop());
            match select(stop, program.as_mut()).await {
                Either::Left(outcome) => Some(outcome),
                Either::Right(()) => None,
            }
        };
        match outcome {
            Some(outcome) => {
                let _ = until(program, handle.node().executor.sleep(MAIN_GRACE)).await;
                outcome
            }
            None => handle.stop().await,
        }
    };
    match select(farewell, signals.recv()).await {
        Either::Left(outcome) => process::exit(i32::from(outcome.is_err())),
        Either::Right(_) => process::exit(EXIT_IMPATIENT),
    }
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

enum Either<A, B> {
    Left(A),
    Right(B),
}

/// Waits for the first of two futures; the left one has precedence.
async fn select<A: Future, B: Future>(left: A, right: B) -> Either<A::Output, B::Output> {
    let mut right_output = None;
    let left_output = {
        let right = async { right_output = Some(right.await) };
        until(left, right).await
    };
    match (left_output, right_output) {
        (Some(output), _) => Either::Left(output),
        (None, Some(output)) => Either::Right(output),
        (None, None) => unreachable!("`until` ends with one of the two"),
    }
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
    let run = async move {
        let ctx = NodeBuilder::new().build()?;
        let handle = ctx.handle();
        let limit = handle.node().executor.sleep(Duration::from_millis(timeout_ms));
        let outcome = until(catch(Box::pin(async move { test(ctx).await })), limit).await;
        drop(handle.stop().await);
        Ok(match outcome {
            None => Some(format!("it took longer than {timeout_ms} ms")),
            Some(Err(panic)) => Some(panic),
            Some(Ok(output)) => output.failure(),
        })
    };
    let failure = match block_on(run).and_then(|outcome: Result<Option<String>>| outcome) {
        Ok(failure) => failure,
        Err(error) => Some(format!("{error:?}")),
    };
    if let Some(failure) = failure {
        panic!("the test `{name}` failed: {failure}");
    }
}
