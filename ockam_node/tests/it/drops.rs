//! Dropping a future at each of its awaits, for the tests of several crates.
//!
//! A future is polled so many times, each time after it was woken, and dropped then, or after it was
//! woken once more. It begins anew with one poll more, until it is done before it is dropped.

use ockam_core::Address;
use ockam_node::Handle;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// How often a future is polled at most until it is done.
const MOST_POLLS: usize = 64;

/// When a future is dropped that is not done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    /// While it waits.
    Waiting,
    /// When what it has waited for has happened, and it was not polled since.
    Woken,
}

/// Where a future is dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drops {
    pub(crate) polls: usize,
    pub(crate) moment: Moment,
}

impl Drops {
    /// Polls a future and drops it. `Some` says that it was done before.
    pub(crate) async fn run<F: Future>(self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut left = self.polls;
        poll_fn(|cx| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if left == 0 && matches!(self.moment, Moment::Waiting) => {
                    Poll::Ready(None)
                }
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

/// Calls `case` for each place at which the future that it drops can be dropped; it says whether the
/// future was done before. Checks that there were `awaits` such places at least, before the first
/// poll included.
pub(crate) async fn at_each_await(awaits: usize, mut case: impl AsyncFnMut(Drops) -> bool) {
    for moment in [Moment::Waiting, Moment::Woken] {
        let mut polls = 0;
        while !case(Drops { polls, moment }).await {
            polls += 1;
            assert!(polls < MOST_POLLS, "it is never done");
        }
        assert!(polls >= awaits, "it was done after {polls} polls");
    }
}

/// What there is on a node: its workers and contexts, and all that its flow controls know, with the
/// answers that are expected from outside.
pub(crate) fn all_of(ctx: &Handle) -> (Vec<Address>, String) {
    (ctx.list_workers(), format!("{:?}", ctx.flow_controls()))
}
