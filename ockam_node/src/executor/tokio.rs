//! The seam on tokio.

use super::catch_call;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};
use std::panic::catch_unwind;
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::task::AbortHandle;
pub use tokio::time::Instant;

/// Where a node that is being built will run: in the runtime in which it is built.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExecutorConfig {}

impl ExecutorConfig {
    pub(crate) fn executor(&self) -> Result<Executor> {
        Executor::current()
    }
}

/// Runs the tasks of a node on a tokio runtime.
#[derive(Clone, Debug)]
pub struct Executor {
    handle: Handle,
    /// The runtime has been dropped: its timers panic when they are polled.
    ended: Arc<AtomicBool>,
    /// The node has stopped and does not wait for the end of the runtime any more.
    left: Arc<AtomicBool>,
}

/// A wait for a time. It may be polled again when it is over.
pub(crate) struct Sleep {
    executor: Executor,
    timer: Pin<Box<Timer>>,
    watch: Watch,
}

type Timer = tokio::time::Sleep;

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Sleep { executor, timer, watch } = &mut *self;
        executor.poll_timer(timer.as_mut(), watch, cx)
    }
}

/// Calls a function when the runtime is dropped, as long as this lives.
pub(crate) struct AtEnd {
    task: AbortHandle,
    cancelled: Arc<AtomicBool>,
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Release);
        self.task.abort();
    }
}

/// What tells a timer that its runtime has ended if the node does not any more.
type Watch = Option<Box<AtEnd>>;

/// What a task holds that waits for the end of its runtime.
struct EndsWithRuntime<F: FnOnce()> {
    ended: Arc<AtomicBool>,
    cancelled: Arc<AtomicBool>,
    call: Option<F>,
}

impl<F: FnOnce()> Drop for EndsWithRuntime<F> {
    fn drop(&mut self) {
        if self.cancelled.load(Ordering::Acquire) {
            return;
        }
        self.ended.store(true, Ordering::Release);
        if let Some(call) = self.call.take() {
            call();
        }
    }
}

/// A place that is held as long as this lives. Nothing is counted here, but whoever gives a place
/// back does it by dropping it.
pub(crate) struct TaskPlace;

impl Drop for TaskPlace {
    fn drop(&mut self) {}
}

impl Executor {
    /// Takes the runtime that this call is made in.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) outside of a runtime.
    pub fn current() -> Result<Self> {
        let handle = Handle::try_current().map_err(|_| {
            Error::with_kind(
                ErrorKind::InvalidInput,
                "a node needs a tokio runtime: build it inside `#[tokio::main]` or \
                 `Runtime::block_on`, or write `#[ockam::node]` on `main`",
            )
        })?;
        // A runtime does not tell whether it has timers, it panics when one is made.
        catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).map_err(|_| {
            Error::with_kind(
                ErrorKind::InvalidInput,
                "the tokio runtime has no timers: build it with `enable_time` or `enable_all`",
            )
        })?;
        Ok(Executor { handle, ended: Arc::default(), left: Arc::default() })
    }

    /// Runs a future as a task of its own. It is dropped if the runtime has ended.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.handle.spawn(future));
    }

    /// Calls `call` when the runtime is dropped, unless what is returned, which a node has one of, is
    /// dropped before. A runtime does not say that it ends, but it drops its tasks before its timers
    /// stop.
    pub(crate) fn at_end(&self, call: impl FnOnce() + Send + 'static) -> AtEnd {
        self.unless_cancelled(Arc::clone(&self.left), call)
    }

    fn unless_cancelled(
        &self,
        cancelled: Arc<AtomicBool>,
        call: impl FnOnce() + Send + 'static,
    ) -> AtEnd {
        let ended = Arc::clone(&self.ended);
        let ends = EndsWithRuntime { ended, cancelled: Arc::clone(&cancelled), call: Some(call) };
        let task = self.handle.spawn(async move {
            let _ends = ends;
            core::future::pending::<()>().await;
        });
        AtEnd { task: task.abort_handle(), cancelled }
    }

    fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Polls a timer, which is over if the runtime has ended.
    fn poll_timer(
        &self,
        timer: Pin<&mut Timer>,
        watch: &mut Watch,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.left.load(Ordering::Acquire) && watch.is_none() {
            // Of a runtime that has ended, this says so at once.
            *watch = Some(Box::new(self.unless_cancelled(Arc::default(), || {})));
        }
        if self.has_ended() {
            return Poll::Ready(());
        }
        // It may end just now, on another thread.
        catch_call(|| timer.poll(cx)).unwrap_or(Poll::Ready(()))
    }

    /// Counts for each thread of the runtime how often it has gone to rest and come back: an odd
    /// number says that it is at rest. Empty for a runtime of one thread, which nothing can help.
    #[cfg_attr(ockam_loom, allow(dead_code))]
    pub(crate) fn rests(&self) -> Vec<u64> {
        #[cfg(target_has_atomic = "64")]
        if self.handle.runtime_flavor() == RuntimeFlavor::MultiThread {
            let metrics = self.handle.metrics();
            let threads = 0..metrics.num_workers();
            return threads.map(|thread| metrics.worker_park_unpark_count(thread)).collect();
        }
        Vec::new()
    }

    /// Holds a place for something that stays; tokio has enough of them.
    pub(crate) fn hold_place(&self) -> Result<TaskPlace> {
        Ok(TaskPlace)
    }

    /// Tells whether there is memory for something that starts. An operating system promises more
    /// than it has, so asking is of no use.
    #[inline]
    pub(crate) fn has_room(&self, _: usize) -> bool {
        true
    }

    /// Returns a future that is done after `duration`, or at once if the runtime has ended.
    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        let _guard = self.handle.enter();
        let timer = Box::pin(tokio::time::sleep(duration));
        Sleep { executor: self.clone(), timer, watch: None }
    }
}

/// A timer that is set again and again, and usually not waited out: the deadline of a `receive`.
///
/// Setting a timer of the runtime costs more than the message it is set for. So this one stays set
/// from one wait to the next, and is moved on only when it goes off too early.
#[derive(Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Timer>>>,
    /// Whom the runtime's timer wakes.
    waker: Option<Waker>,
    watch: Watch,
}

impl Alarm {
    /// Waits until `deadline`, or until the runtime ends.
    pub(crate) fn poll(
        &mut self,
        executor: &Executor,
        deadline: Instant,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| {
            let _guard = executor.handle.enter();
            Box::pin(tokio::time::sleep_until(deadline))
        });
        if !sleep.is_elapsed() && sleep.deadline() <= deadline {
            if self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                return Poll::Pending;
            }
        } else if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        while executor.poll_timer(sleep.as_mut(), &mut self.watch, cx).is_ready() {
            if sleep.deadline() >= deadline || executor.has_ended() {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// Returns the time after `limit`; a limit that the clock cannot add means never.
///
/// `Instant + Duration` panics when the sum overflows, and a limit such as [`Duration::MAX`] may
/// come from the program. Deadlines are made here and nowhere else (`.ci/source` looks for sums).
#[must_use]
pub fn deadline(limit: Duration) -> Instant {
    after(Instant::now(), limit)
}

/// As [`deadline`], counted from `start`.
#[must_use]
pub fn after(start: Instant, limit: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    start.checked_add(limit.min(NEVER)).unwrap_or(start)
}

/// Fills a buffer with random bytes from the operating system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        Error::with_kind(ErrorKind::Io, error.to_string()).add_context("drawing random bytes")
    })
}

/// How many threads a runtime has at least: one may be blocked by the program's code.
const MIN_THREADS: usize = 2;

/// Builds a runtime for a node, with a thread for each processor.
///
/// # Errors
/// Inside of another runtime, and if the operating system gives no threads.
pub(crate) fn runtime() -> Result<Runtime> {
    if Handle::try_current().is_ok() {
        return Err(Error::with_kind(
            ErrorKind::InvalidInput,
            "an Ockam node cannot be started from inside another async runtime with \
             `#[ockam::node]` or `#[ockam::test]`: use `NodeBuilder` there",
        ));
    }
    let mut builder = Builder::new_multi_thread();
    if std::thread::available_parallelism().is_ok_and(|threads| threads.get() < MIN_THREADS) {
        builder.worker_threads(MIN_THREADS);
    }
    builder.enable_all().thread_name("ockam").build().map_err(|error| {
        Error::with_kind(ErrorKind::Io, error).add_context("starting the tokio runtime")
    })
}

/// Requests to end the process: Ctrl-C and, on Unix, SIGTERM. From its creation on no request is
/// lost, and none ends the process by itself.
pub(crate) struct Signals {
    #[cfg(unix)]
    streams: [(&'static str, tokio::signal::unix::Signal); 2],
}

/// Signals, and a runtime of their own in which nothing else runs.
pub(crate) struct SignalListener {
    runtime: Runtime,
    signals: Signals,
}

impl SignalListener {
    /// Calls `heard` with the name of each request, on the calling thread, for good.
    pub(crate) fn run(mut self, mut heard: impl FnMut(&'static str)) {
        loop {
            heard(self.runtime.block_on(self.signals.recv()));
        }
    }
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub(crate) fn listener() -> Result<SignalListener> {
        let runtime = Builder::new_current_thread().enable_io().build().map_err(|error| {
            Error::with_kind(ErrorKind::Io, error).add_context("starting to listen for signals")
        })?;
        let signals = {
            let _inside = runtime.enter();
            Signals::new()?
        };
        Ok(SignalListener { runtime, signals })
    }

    #[cfg(unix)]
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let open = |kind| {
            signal(kind).map_err(|error| {
                Error::with_kind(ErrorKind::Io, error).add_context("listening for signals")
            })
        };
        let streams = [
            ("SIGINT", open(SignalKind::interrupt())?),
            ("SIGTERM", open(SignalKind::terminate())?),
        ];
        Ok(Signals { streams })
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self> {
        Ok(Signals {})
    }

    /// Waits for the next request and returns its name.
    #[cfg(unix)]
    async fn recv(&mut self) -> &'static str {
        poll_fn(|cx| {
            for (name, stream) in &mut self.streams {
                if stream.poll_recv(cx).is_ready() {
                    return Poll::Ready(*name);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Waits for the next request and returns its name.
    #[cfg(not(unix))]
    async fn recv(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            core::future::pending::<()>().await;
        }
        "Ctrl-C"
    }
}
