//! Calls into code of the program that are no calls of a worker: texts of errors, drops, wakers.
//!
//! It owns what becomes of a panic in such code: it goes no further than the call, and the log
//! names what panicked. It refuses to know how a panic is caught (`executor`). Such code is never
//! called while a lock of the node is held.

use crate::executor::{Panic, catch_call, catch_future};
use crate::panic_log::{drop_panicked, waker_panicked};
use crate::text::text;
use alloc::format;
use alloc::string::String;
use core::future::Future;
use core::mem;
use core::task::Waker;
use ockam_core::{Error, ErrorKind, Result};

/// Drops a value of the program's.
#[inline]
pub(crate) fn discard<T>(value: T) {
    if mem::needs_drop::<T>()
        && let Err(panic) = catch_call(|| drop(value))
    {
        drop_panicked(&panic);
    }
}

/// Wakes tasks. A waker may be the program's, of an executor of its own: one that panics keeps no other
/// task asleep, and does not unwind through whoever wakes it.
#[inline]
pub fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(|waker| {
        if let Err(panic) = catch_call(|| waker.wake()) {
            waker_panicked(&panic);
        }
    });
}

/// Returns the text of an error that the program made, with its causes, and drops the error.
pub(crate) fn describe(error: Error) -> String {
    let shown = text(|| match catch_call(|| format!("{error:#}")) {
        Ok(shown) => shown,
        Err(panic) => format!("an error whose text panicked: {panic}"),
    });
    discard(error);
    shown
}

/// Makes the error of a panic in code of the program.
#[cold]
pub(crate) fn panicked(panic: &Panic) -> Error {
    Error::with_text(ErrorKind::Panicked, || format!("it panicked: {panic}"))
}

/// Makes one error of an error and a panic.
pub(crate) fn flatten(outcome: core::result::Result<Result<()>, Panic>) -> Result<()> {
    outcome.unwrap_or_else(|panic| Err(panicked(&panic)))
}

/// Calls code of the program, such as a trust policy, on behalf of what connects nodes.
///
/// Without `std` there is no unwinding, and a panic is not caught.
///
/// # Errors
/// [`Panicked`](ErrorKind::Panicked), with the text of the panic, if it panics.
pub fn catch_panic<R>(call: impl FnOnce() -> R) -> Result<R> {
    catch_call(call).map_err(|panic| panicked(&panic))
}

/// As [`catch_panic`], for a future.
///
/// # Errors
/// [`Panicked`](ErrorKind::Panicked), with the text of the panic, if it panics.
///
/// # Cancel safety
/// That of the future; a panic in its drop is caught and logged.
pub async fn catch_panics<F: Future>(future: F) -> Result<F::Output> {
    catch_future(future).await.map_err(|panic| panicked(&panic))
}
