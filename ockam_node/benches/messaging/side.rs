//! What is measured: one side of a workload, and how a side is driven.
//!
//! It owns the runtime and the clock. It refuses to know what an operation is.

use crate::Result;
use crate::allocator::Count;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// How many threads the runtime has, on every machine, so that results compare.
const THREADS: usize = 2;

/// One side of a workload: Ockam, or the raw tokio that it is compared with.
pub(crate) trait Side: Sized + Send + 'static {
    /// Starts what the operations need; `ops` is how many at least one run will have.
    fn set_up(ops: u64) -> impl Future<Output = Result<Self>> + Send;

    /// Does `ops` operations and waits until the last of them is done.
    fn run(&mut self, ops: u64) -> impl Future<Output = Result<()>> + Send;
}

/// Runs a future on a new runtime, as a task: what drives a workload is a task like those it
/// talks to, and not the thread that waits in `block_on`, which would have to be woken.
pub(crate) fn drive<T: Send + 'static>(
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    let runtime = runtime()?;
    runtime.block_on(runtime.spawn(future))?
}

/// Builds a runtime as the `#[ockam::node]` attribute does, but with a fixed number of threads.
pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?)
}

/// Runs one side once, with exactly so many operations and nothing around it.
pub(crate) fn run_once<S: Side>(ops: u64) -> Result<Duration> {
    drive(async move {
        let mut side = S::set_up(ops).await?;
        time(&mut side, ops).await
    })
}

/// Times one run.
pub(crate) async fn time<S: Side>(side: &mut S, ops: u64) -> Result<Duration> {
    let start = Instant::now();
    side.run(ops).await?;
    Ok(start.elapsed())
}

/// What one operation allocates, on average.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allocation {
    pub(crate) calls: f64,
    pub(crate) bytes: f64,
}

/// Counts what an operation allocates: the difference of a long and a short run, so that what
/// happens once per run does not count.
pub(crate) async fn allocation<S: Side>(side: &mut S, ops: u64) -> Result<Allocation> {
    let (short, long) = (ops, 4 * ops);
    let (outcome, less) = Count::during(side.run(short)).await;
    outcome?;
    let (outcome, more) = Count::during(side.run(long)).await;
    outcome?;
    let per_op = |more: u64, less: u64| (more as f64 - less as f64) / (long - short) as f64;
    Ok(Allocation {
        calls: per_op(more.allocations, less.allocations),
        bytes: per_op(more.allocated, less.allocated),
    })
}
