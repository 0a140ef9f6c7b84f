//! Who waits for the end of a cell, or for the drop of its code.
//!
//! With `std` each step takes the same time, however many wait, and a wait that is dropped leaves
//! nothing behind. On boards few wait, and wakers that are kept until the end take less code.

use super::{Cell, State};
#[cfg(feature = "std")]
use crate::wait_list::{Number, WaitList};
#[cfg(feature = "std")]
use alloc::boxed::Box;
#[cfg(not(feature = "std"))]
use alloc::vec::Vec;
use core::future::Future;
#[cfg(not(feature = "std"))]
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

/// Those who wait. Few cells are waited for, so there is a list only then.
#[cfg(feature = "std")]
#[derive(Default)]
pub(crate) struct OnEnd(Option<Box<WaitList<()>>>);

/// Those who wait.
#[cfg(not(feature = "std"))]
#[derive(Default)]
pub(crate) struct OnEnd(Vec<Waker>);

/// Waits for the end of a cell.
///
/// # Cancel safety
/// With `std` nothing is left when it is dropped.
pub(crate) struct Ended<'a> {
    cell: &'a Cell,
    /// The number it waits under.
    #[cfg(feature = "std")]
    number: Option<Number>,
    /// Its code is to be dropped as well.
    #[cfg(feature = "std")]
    is_dropped: bool,
}

#[cfg(feature = "std")]
impl OnEnd {
    /// Tells whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|list| list.is_empty())
    }

    /// Takes out all. Their numbers are not drawn again.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Waker> + use<> {
        self.0.as_mut().and_then(|list| list.take(&())).into_iter().flatten()
    }

    /// Keeps a waker, and returns the one that was kept before.
    fn wait(&mut self, number: &mut Option<Number>, waker: Waker) -> Option<Waker> {
        let list = self.0.get_or_insert_default();
        let number = *number.get_or_insert_with(|| list.number());
        list.wait(number, waker, &())
    }

    fn leave(&mut self, number: Number) -> Option<Waker> {
        self.0.as_mut()?.leave(number, &())
    }
}

#[cfg(not(feature = "std"))]
impl OnEnd {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self) -> Vec<Waker> {
        mem::take(&mut self.0)
    }
}

impl Cell {
    /// Waits for the end, which has to be asked for before.
    pub(crate) fn ended(&self) -> Ended<'_> {
        Ended {
            cell: self,
            #[cfg(feature = "std")]
            number: None,
            #[cfg(feature = "std")]
            is_dropped: false,
        }
    }

    /// Waits until the cell has ended, and the code of one that was cut off has been dropped.
    #[cfg(feature = "std")]
    pub(crate) fn dropped(&self) -> Ended<'_> {
        Ended { cell: self, number: None, is_dropped: true }
    }
}

#[cfg(feature = "std")]
impl Future for Ended<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (cell, waker) = (self.cell, cx.waker().clone());
        let (polled, _known) = cell.state.with(|state| {
            let inbox = match state {
                State::Ended(Some(inbox)) if self.is_dropped => inbox,
                State::Ended(_) => return (Poll::Ready(()), None),
                State::Awake(inbox) => inbox,
                State::Starting(inbox) => inbox.get_or_insert_default(),
                // Nobody waits for the end before a stop was asked for, and a stop wakes it.
                State::Asleep(_) => return (Poll::Pending, None),
            };
            (Poll::Pending, inbox.on_end.wait(&mut self.number, waker))
        });
        polled
    }
}

#[cfg(feature = "std")]
impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let left = self.cell.state.with(|state| match state {
            State::Awake(inbox) | State::Starting(Some(inbox)) | State::Ended(Some(inbox)) => {
                inbox.on_end.leave(number)
            }
            State::Starting(None) | State::Ended(None) | State::Asleep(_) => None,
        });
        // Dropped without the lock.
        drop(left);
    }
}

#[cfg(not(feature = "std"))]
impl Future for Ended<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.cell.state.with(|state| {
            let inbox = match state {
                State::Ended(_) => return Poll::Ready(()),
                State::Awake(inbox) => inbox,
                State::Starting(inbox) => inbox.get_or_insert_default(),
                State::Asleep(_) => return Poll::Pending,
            };
            let waiting = &mut inbox.on_end.0;
            if !waiting.iter().any(|known| known.will_wake(cx.waker())) {
                waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
    }
}
