//! Calls into code of the program that are no calls of a worker: rules, texts of errors, drops.
//!
//! It owns what becomes of a panic in such code: it goes no further than the call, and the log
//! names what panicked. It refuses to know how a panic is caught (`executor`). Such code is never
//! called while a lock of the node is held.

use crate::executor::{Panic, catch_call, catch_future};
use crate::node::text;
use alloc::format;
use alloc::string::String;
use core::future::Future;
use core::mem;
use core::task::Waker;
use ockam_core::{Address, Authorization, Error, ErrorKind, Mailbox, RelayMessage, Result};

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
fn drop_panicked(panic: &Panic) {
    tracing::error!(%panic, "a value of the program panicked as it was dropped");
}

/// Wakes tasks. A waker may be the program's, and one that panics keeps no other task asleep.
#[inline]
pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(|waker| {
        if let Err(panic) = catch_call(|| waker.wake()) {
            waker_panicked(&panic);
        }
    });
}

#[cold]
fn waker_panicked(panic: &Panic) {
    tracing::error!(%panic, "a waker panicked");
}

/// Asks the outgoing rule of a mailbox.
#[inline]
pub(crate) fn outgoing<'a>(mailbox: &'a Mailbox, passage: RelayMessage<'a>) -> Authorization<'a> {
    // The usual rules are no code of the program.
    if mailbox.asks_outgoing() {
        ask(mailbox, || mailbox.outgoing(passage))
    } else {
        mailbox.outgoing(passage)
    }
}

/// Asks the incoming rule of a mailbox.
#[inline]
pub(crate) fn incoming<'a>(mailbox: &'a Mailbox, passage: RelayMessage<'a>) -> Authorization<'a> {
    if mailbox.asks_incoming() {
        ask(mailbox, || mailbox.incoming(passage))
    } else {
        mailbox.incoming(passage)
    }
}

/// Asks a rule. One that panics denies: it has not allowed anything.
#[inline]
fn ask<'a>(mailbox: &Mailbox, rule: impl FnOnce() -> Authorization<'a>) -> Authorization<'a> {
    match catch_call(rule) {
        Ok(authorization) => authorization,
        Err(panic) => {
            rule_panicked(mailbox.address(), &panic);
            Authorization::Denied
        }
    }
}

/// Waits for the answer of the rule of an address. One that fails or panics denies.
pub(crate) async fn answer(authorization: Authorization<'_>, address: &Address) -> bool {
    let answer = match authorization {
        Authorization::Allowed => return true,
        Authorization::Denied => return false,
        Authorization::Later(answer) => answer,
    };
    match catch_future(answer).await {
        Ok(Ok(allowed)) => allowed,
        Ok(Err(error)) => {
            let error = describe(error);
            tracing::error!(%address, %error, "an access control failed, which denies");
            false
        }
        Err(panic) => {
            rule_panicked(address, &panic);
            false
        }
    }
}

#[cold]
fn rule_panicked(address: &Address, panic: &Panic) {
    tracing::error!(%address, %panic, "an access control panicked, which denies");
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
