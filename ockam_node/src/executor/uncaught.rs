//! The calls of the program's code on boards, where there is no unwinding: a panic is not caught,
//! and the program's panic handler decides what happens then.
//!
//! It owns the same names as `caught`, as calls that cost nothing.

use core::convert::Infallible;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};

/// A panic that was caught: there is none, and code for one is no part of the program.
pub(crate) type Panic = Infallible;

/// Where the future of a call stands while it is polled.
pub(crate) type Frame<F> = F;

/// Puts the future of a call into its frame.
#[inline]
pub(crate) fn frame<F: Future>(future: F) -> Frame<F> {
    future
}

/// A future of the program's that is polled. A panic is not caught: without unwinding it is the
/// program's panic handler that says what becomes of it.
pub(crate) struct Call<'a, F>(Pin<&'a mut Frame<F>>);

impl<'a, F: Future> Call<'a, F> {
    #[inline]
    pub(crate) fn new(slot: Pin<&'a mut Frame<F>>) -> Self {
        Call(slot)
    }

    /// Polls it.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<F::Output, Panic>> {
        self.0.as_mut().poll(cx).map(Ok)
    }

    /// It has come to its end.
    #[inline]
    pub(crate) fn over(self) {}

    /// Leaves it to its owner, who drops it.
    #[inline]
    pub(crate) fn abandon(self) -> Result<(), Panic> {
        Ok(())
    }
}

/// Awaits a future of the program's.
#[inline]
pub(crate) fn catch<F: Future>(
    mut frame: Pin<&mut Frame<F>>,
) -> impl Future<Output = Result<F::Output, Panic>> {
    poll_fn(move |cx| frame.as_mut().poll(cx).map(Ok))
}

/// Awaits any future of the program's.
#[inline]
pub(crate) async fn catch_future<F: Future>(future: F) -> Result<F::Output, Panic> {
    Ok(future.await)
}

/// Calls code of the program.
#[inline]
pub(crate) fn catch_call<R>(call: impl FnOnce() -> R) -> Result<R, Panic> {
    Ok(call())
}
