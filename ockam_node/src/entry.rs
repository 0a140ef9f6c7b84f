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

/// Runs main and then waits for the node, or ends the process after a signal has stopped the node.
async fn until_stopped_by_signal<T: Outcome>(
    main: impl Future<Output = T>,
    handle: &Handle,
    signals: Signals,
) -> T {
    let program = async {
        let output = main.await;
        match output.failure() {
            // The error is what the user wants to see; what the stop has to say is in the log.
            Some(_) => drop(handle.stop().await),
            None => handle.stopped().await,
        }
        output
    };
    let mut program = pin!(program);
    let stopped = stop_on_signal(handle, signals);
    match select(program.as_mut(), stopped).await {
        Either::Left(output) => output,
        Either::Right(cut_off) => {
            // Main hears of the stop through its receives; it may say goodbye, but not stay.
            drop(until(program, handle.node().executor.sleep(MAIN_GRACE)).await);
            process::exit(i32::from(cut_off));
        }
    }
}

/// Waits for a signal and stops the node; `true` if something was cut off. A second signal ends
/// the process at once.
async fn stop_on_signal(handle: &Handle, mut signals: Signals) -> bool {
    let name = signals.recv().await;
    tracing::info!("{name}: the node stops; a second signal ends the process at once");
    let stop = pin!(handle.stop());
    let again = pin!(signals.recv());
    match select(stop, again).await {
        Either::Left(outcome) => outcome.is_err(),
        Either::Right(_) => process::exit(EXIT_IMPATIENT),
    }
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
        let outcome = until(Box::pin(catch(test(ctx))), limit).await;
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
