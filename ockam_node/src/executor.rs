//! What a node needs from its executor, and nothing else: run a future, tell the time, sleep.
//!
//! Everything outside this folder is the same on every executor. One module implements the seam
//! and is selected here: `tokio` with the feature `std`, `embassy` without it.

#[cfg(feature = "std")]
mod caught;
#[cfg(not(feature = "std"))]
mod embassy;
#[cfg(feature = "std")]
mod spare;
#[cfg(any(test, not(feature = "std")))]
mod ticks;
#[cfg(feature = "std")]
mod tokio;
#[cfg(not(feature = "std"))]
mod uncaught;

#[cfg(feature = "std")]
pub(crate) use self::caught::{
    Call, Frame, Panic, catch, catch_call, catch_future, frame, is_unwinding,
};
#[cfg(not(feature = "std"))]
pub(crate) use self::embassy::{
    Alarm, ExecutorConfig, Instant, TaskPlace, deadline, random, spare_message,
};
#[cfg(not(feature = "std"))]
pub use self::embassy::{DEFAULT_TASK_SLOTS, Executor, MAX_TASK_SLOTS};
#[cfg(feature = "std")]
pub(crate) use self::spare::spare_message;
#[cfg(feature = "std")]
pub(crate) use self::tokio::{Alarm, AtEnd, ExecutorConfig, Signals, TaskPlace, random, runtime};
#[cfg(feature = "std")]
pub use self::tokio::{Executor, Instant, after, deadline};
#[cfg(not(feature = "std"))]
pub(crate) use self::uncaught::{Call, Frame, Panic, catch, catch_call, catch_future, frame};

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;

/// Lets other tasks run before this one goes on.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Waits for the first of two futures; if both are done, that is the left one.
///
/// # Cancel safety
/// That of the futures.
#[doc(hidden)]
pub async fn first<A: Future, B: Future>(left: A, right: B) -> Result<A::Output, B::Output> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|cx| match left.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => right.as_mut().poll(cx).map(Err),
    })
    .await
}

/// Waits for `future`, at most until `limit` is done. `None` says that it took too long.
///
/// The future is asked first, so a result that is there is never lost to the limit.
pub(crate) async fn until<F: Future, L: Future<Output = ()>>(
    future: F,
    limit: L,
) -> Option<F::Output> {
    first(future, limit).await.ok()
}
