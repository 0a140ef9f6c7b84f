//! Calls into code of the program that are no calls of a worker: rules, texts of errors, drops.
//!
//! It owns what becomes of a panic in such code: it goes no further than the call, and the log
//! names what panicked. It refuses to know how a panic is caught (`executor`). Such code is never
//! called while a lock of the node is held.

use crate::executor::{Panic, catch_call, catch_future};
use crate::node::{Node, text};
#[cfg(feature = "std")]
use crate::telling::{Repeats, Telling, What};
use alloc::format;
use alloc::string::String;
use core::future::Future;
use core::mem;
use core::task::Waker;
use ockam_core::{Address, Authorization, Error, ErrorKind, Mailbox, RelayMessage, Result};

/// Writes an error of an access control into the log, or counts it: everybody who sends there can
/// repeat it.
macro_rules! tell {
    ($node:expr, $of:expr, $($line:tt)*) => {{
        #[cfg(feature = "std")]
        match $node.telling($of, What::Rule) {
            Telling::Counted(count) => tracing::error!(count, $($line)*),
            Telling::Each | Telling::Not => tracing::debug!($($line)*),
        }
        #[cfg(not(feature = "std"))]
        {
            let _ = $node;
            tracing::error!($($line)*);
        }
    }};
}

/// Writes a panic into the log, or counts it. What panicked is not known where it is caught, so all of
/// the process are one kind.
macro_rules! count {
    ($kind:ident, $panic:ident, $line:literal) => {{
        #[cfg(feature = "std")]
        match $kind.note((), |()| true) {
            Some(count) => tracing::error!(count, panic = %$panic, $line),
            None => tracing::debug!(panic = %$panic, $line),
        }
        #[cfg(not(feature = "std"))]
        tracing::error!(panic = %$panic, $line);
    }};
}

/// Drops a value of the program's.
#[inline]
pub(crate) fn discard<T>(value: T) {
    if mem::needs_drop::<T>()
        && let Err(panic) = catch_call(|| drop(value))
    {
        drop_panicked(&panic);
    }
}

#[cold]
pub(crate) fn drop_panicked(panic: &Panic) {
    #[cfg(feature = "std")]
    static DROPS: Repeats<()> = Repeats::new();
    count!(DROPS, panic, "a value of the program panicked as it was dropped");
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

#[cold]
fn waker_panicked(panic: &Panic) {
    #[cfg(feature = "std")]
    static WAKERS: Repeats<()> = Repeats::new();
    count!(WAKERS, panic, "a waker panicked");
}

/// Asks the outgoing rule of a mailbox.
#[inline]
pub(crate) fn outgoing<'a>(
    node: &Node,
    mailbox: &'a Mailbox,
    passage: RelayMessage<'a>,
) -> Authorization<'a> {
    // The usual rules are no code of the program.
    if mailbox.asks_outgoing() {
        ask(node, mailbox, || mailbox.outgoing(passage))
    } else {
        mailbox.outgoing(passage)
    }
}

/// Asks the incoming rule of a mailbox.
#[inline]
pub(crate) fn incoming<'a>(
    node: &Node,
    mailbox: &'a Mailbox,
    passage: RelayMessage<'a>,
) -> Authorization<'a> {
    if mailbox.asks_incoming() {
        ask(node, mailbox, || mailbox.incoming(passage))
    } else {
        mailbox.incoming(passage)
    }
}

/// Asks a rule. One that panics denies: it has not allowed anything.
#[inline]
fn ask<'a>(
    node: &Node,
    mailbox: &Mailbox,
    rule: impl FnOnce() -> Authorization<'a>,
) -> Authorization<'a> {
    match catch_call(rule) {
        Ok(authorization) => authorization,
        Err(panic) => {
            rule_broke(node, mailbox.address(), &Broken::Panicked(panic));
            Authorization::Denied
        }
    }
}

/// Why a rule has said neither yes nor no.
pub(crate) enum Broken {
    Failed(String),
    Panicked(Panic),
}

/// Waits for the answer of a rule.
pub(crate) async fn answer(authorization: Authorization<'_>) -> core::result::Result<bool, Broken> {
    let answer = match authorization {
        Authorization::Allowed => return Ok(true),
        Authorization::Denied => return Ok(false),
        Authorization::Later(answer) => answer,
    };
    match catch_future(answer).await {
        Ok(Ok(allowed)) => Ok(allowed),
        Ok(Err(error)) => Err(Broken::Failed(describe(error))),
        Err(panic) => Err(Broken::Panicked(panic)),
    }
}

/// Tells the log of a rule that has not answered, which denies.
#[cold]
pub(crate) fn rule_broke(node: &Node, address: &Address, why: &Broken) {
    match why {
        Broken::Failed(error) => {
            tell!(node, address, %address, %error, "an access control failed, which denies");
        }
        Broken::Panicked(panic) => {
            tell!(node, address, %address, %panic, "an access control panicked, which denies");
        }
    }
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
