//! How far the stop of a node has come, and waiting for it.

use crate::lifecycle::stop_error::StopError;
use crate::program::wake;
use crate::sync::Lock;
use crate::wait_list::{Number, WaitList};
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll};

/// Where a node's stop is.
pub(crate) struct StopState {
    pub(crate) begun: AtomicBool,
    /// Contexts are refused too.
    pub(crate) closed: AtomicBool,
    /// The runtime was dropped before the node had stopped.
    #[cfg(feature = "std")]
    pub(crate) lost: AtomicBool,
    pub(crate) outcome: Lock<StopOutcome>,
}

#[derive(Default)]
pub(crate) struct StopOutcome {
    pub(crate) over: bool,
    pub(crate) error: Option<StopError>,
    /// Something has panicked in the stop itself.
    #[cfg(feature = "std")]
    pub(crate) panicked: bool,
    pub(crate) waiting: WaitList<Moment>,
}

/// A moment of a stop that can be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "std", derive(Hash))]
pub(crate) enum Moment {
    /// No new workers are taken.
    Begun,
    /// Everything has ended.
    Over,
}

impl StopState {
    pub(crate) fn new() -> Self {
        StopState {
            begun: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            #[cfg(feature = "std")]
            lost: AtomicBool::new(false),
            outcome: Lock::new(StopOutcome::default()),
        }
    }

    /// Tells whether the node takes no new workers.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// Tells whether the node takes nothing new any more, not even contexts without a worker.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Says for the text of an error how far the stop has come.
    pub(crate) fn progress(&self) -> &'static str {
        #[cfg(feature = "std")]
        if self.is_lost() {
            return "has ended with its runtime";
        }
        if self.is_closed() { "has stopped" } else { "is stopping" }
    }

    /// Tells whether the runtime was dropped before the node had stopped.
    #[cfg(feature = "std")]
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }

    /// Returns a future that is done when the node has stopped.
    pub(crate) fn stopped(&self) -> Reached<'_> {
        self.reached(Moment::Over)
    }

    /// Returns a future that is done when the stop has come so far.
    pub(crate) fn reached(&self, moment: Moment) -> Reached<'_> {
        Reached { state: self, moment, number: None }
    }

    pub(crate) fn set(&self, error: Option<StopError>) {
        self.outcome.with(|outcome| {
            outcome.over = true;
            outcome.error = error;
        });
        self.wake(Moment::Over);
    }

    pub(crate) fn wake(&self, moment: Moment) {
        if let Some(wakers) = self.outcome.with(|outcome| outcome.waiting.take(&moment)) {
            wake(wakers);
        }
    }
}

/// Waits until a stop has come so far. Dropped before, it leaves nothing behind: nodes run for
/// years.
pub(crate) struct Reached<'a> {
    state: &'a StopState,
    moment: Moment,
    /// The number it waits under.
    number: Option<Number>,
}

impl Future for Reached<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (state, moment, waker) = (self.state, self.moment, cx.waker().clone());
        let (polled, _known) = state.outcome.with(|outcome| {
            // A stop marks its beginning before it looks for those who wait for it.
            if outcome.over || (moment == Moment::Begun && state.has_begun()) {
                return (Poll::Ready(()), None);
            }
            let number = *self.number.get_or_insert_with(|| outcome.waiting.number());
            (Poll::Pending, outcome.waiting.wait(number, waker, &moment))
        });
        polled
    }
}

impl Drop for Reached<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let left = |outcome: &mut StopOutcome| outcome.waiting.leave(number, &self.moment);
            drop(self.state.outcome.with(left));
        }
    }
}
