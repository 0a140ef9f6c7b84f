//! The task of a stop, whose waiters are told also if something in it panics.
//!
//! It owns what becomes of a panic in the stop itself: what is left is cut off, and `stop` returns an
//! error. It refuses to know what a stop does. That a runtime drops the task is not its concern:
//! then the node ends with the runtime.

use super::steps::{self, cut_off, set_stopped};
use crate::executor::{Panic, catch_call, catch_future, is_unwinding};
use crate::node::Node;
use alloc::sync::Arc;
use core::sync::atomic::Ordering;
use core::time::Duration;
use ockam_core::{Error, ErrorKind};

/// A stop that has begun. It is over also if its task unwinds.
struct RunningStop(Arc<Node>);

impl Drop for RunningStop {
    fn drop(&mut self) {
        if is_unwinding() {
            self.end();
        }
    }
}

impl RunningStop {
    /// Goes on if something has panicked.
    fn took(&self, step: Result<(), Panic>, next: impl FnOnce(&Self)) {
        if let Err(panic) = step {
            self.0.stop.outcome.with(|outcome| outcome.panicked = true);
            tracing::error!(%panic, "the stop of the node panicked; what is left is cut off");
            next(self);
        }
    }

    fn cut_off(&self) {
        let node = &self.0;
        self.took(catch_call(|| set_stopped(node, cut_off(node))), Self::end);
    }

    /// Tells the waiters, if nobody has.
    fn end(&self) {
        let stop = &self.0.stop;
        if !stop.outcome.with(|outcome| outcome.over) {
            stop.outcome.with(|outcome| outcome.panicked = true);
            stop.closed.store(true, Ordering::SeqCst);
            stop.set(None);
        }
    }
}

/// Stops the node, whatever panics meanwhile.
pub(super) async fn run(node: Arc<Node>, limit: Duration) {
    let stop = RunningStop(node);
    let stopped = catch_future(steps::run(&stop.0, limit)).await;
    stop.took(stopped, RunningStop::cut_off);
}

/// Says that a stop is over, and is not as it should be.
pub(super) fn panicked() -> Error {
    let text = "the stop of the node panicked, and what was left was cut off";
    Error::with_kind(ErrorKind::Panicked, text)
}

#[cfg(all(test, not(ockam_loom)))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::builder::NodeBuilder;
    use crate::context::Context;
    use ockam_core::Result;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_secs(25);

    /// A node whose stop has begun, and a call that waits for it.
    async fn begun() -> (Context, JoinHandle<Result<()>>) {
        let ctx = NodeBuilder::new().build().unwrap();
        ctx.node().stop.begun.store(true, Ordering::SeqCst);
        let handle = ctx.handle();
        let stop = tokio::spawn(async move { handle.stop().await });
        tokio::task::yield_now().await;
        (ctx, stop)
    }

    async fn assert_fails(ctx: &Context, stop: JoinHandle<Result<()>>) {
        timeout(SOON, ctx.stopped()).await.unwrap();
        let error = timeout(SOON, stop).await.unwrap().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        assert!(ctx.node().stop.is_closed());
    }

    #[tokio::test]
    async fn a_stop_whose_task_panics_is_over_and_an_error() {
        let (ctx, call) = begun().await;
        let stop = RunningStop(Arc::clone(ctx.node()));
        tokio::spawn(async move {
            let _stop = stop;
            panic!("on purpose");
        });
        assert_fails(&ctx, call).await;
    }

    #[tokio::test]
    async fn after_a_panic_in_a_stop_what_is_left_is_cut_off() {
        let (ctx, call) = begun().await;
        let stop = RunningStop(Arc::clone(ctx.node()));
        stop.took(catch_call(|| panic!("on purpose")), RunningStop::cut_off);
        assert_fails(&ctx, call).await;
        assert_eq!(ctx.list_workers().len(), 1);
    }

    #[tokio::test]
    async fn after_a_panic_in_cutting_off_the_waiters_are_told() {
        let (ctx, call) = begun().await;
        let stop = RunningStop(Arc::clone(ctx.node()));
        stop.took(catch_call(|| panic!("on purpose")), RunningStop::end);
        assert_fails(&ctx, call).await;
    }
}
