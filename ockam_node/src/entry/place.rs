//! Where a main function runs.
//!
//! It begins on the thread of the process's `main`, which no worker needs: there it may block as
//! long as it likes. Messages between that thread and the runtime's take several microseconds,
//! because one thread wakes another each time. So a main function that exchanges many messages goes
//! on as a task of the runtime, and comes back when it has waited for a while.

use crate::cell::Cell;
use crate::run::blocking;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};
use std::boxed::Box;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

/// Waits that are shorter than this are those of a dialogue.
const SHORT: Duration = Duration::from_millis(1);

/// After so many short waits in a row the function goes to the runtime's threads.
const MANY: u32 = 100;

/// After a wait of this length, or a poll of it, the function comes back.
const LONG: Duration = Duration::from_millis(10);

type Main<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs a main function to its end. `cell` is that of its context.
///
/// # Errors
/// If the runtime ends before.
///
/// # Panics
/// If the function does.
pub(super) fn run<T: Send + 'static>(
    runtime: &Runtime,
    cell: &Arc<Cell>,
    main: impl Future<Output = T> + Send + 'static,
) -> Result<T> {
    let mut main: Main<T> = Box::pin(main);
    loop {
        main = match runtime.block_on(Stretch::new(main, None)) {
            Stop::Done(output) => return Ok(output),
            Stop::Elsewhere(main) => main,
        };
        let stretch = Stretch::new(main, Some(Arc::clone(cell)));
        main = match runtime.block_on(runtime.spawn(stretch)) {
            Ok(Stop::Done(output)) => return Ok(output),
            Ok(Stop::Elsewhere(main)) => main,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(error) => return Err(Error::with_kind(ErrorKind::Stopped, error)),
            },
        };
    }
}

/// How a stretch of a main function ends.
enum Stop<T> {
    Done(T),
    Elsewhere(Main<T>),
}

/// The part of a main function that runs in one place.
struct Stretch<T> {
    main: Option<Main<T>>,
    /// With it, this is a task of the runtime.
    cell: Option<Arc<Cell>>,
    /// When the last poll ended.
    waits_since: Option<Instant>,
    /// How many waits in a row were short.
    short: u32,
    /// The last poll took long.
    blocked: bool,
}

impl<T> Stretch<T> {
    fn new(main: Main<T>, cell: Option<Arc<Cell>>) -> Self {
        Stretch { main: Some(main), cell, waits_since: None, short: 0, blocked: false }
    }

    /// Tells whether the function had better go on elsewhere.
    fn leaves(&mut self, now: Instant) -> bool {
        let Some(since) = self.waits_since else {
            return false;
        };
        let waited = now.duration_since(since);
        if self.cell.is_some() {
            return waited >= LONG || self.blocked;
        }
        self.short = if waited < SHORT && !self.blocked { self.short + 1 } else { 0 };
        self.short >= MANY
    }
}

impl<T> Future for Stretch<T> {
    type Output = Stop<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Stop<T>> {
        let this = &mut *self;
        let begun = Instant::now();
        let leaves = this.leaves(begun);
        let Some(mut main) = this.main.take() else {
            return Poll::Pending;
        };
        if leaves {
            return Poll::Ready(Stop::Elsewhere(main));
        }
        let polled = {
            let _polling = this.cell.as_ref().map(blocking::polling);
            main.as_mut().poll(cx)
        };
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Stop::Done(output));
        }
        let now = Instant::now();
        this.main = Some(main);
        this.blocked = now.duration_since(begun) >= LONG;
        this.waits_since = Some(now);
        Poll::Pending
    }
}
