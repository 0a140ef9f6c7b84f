//! One place through which values go from one task to another, each acknowledged.
//!
//! ```text
//!          give               take                done
//!  Empty ───────> Full(value) ─────> with taker ──────> Empty          close: from anywhere, for good
//! ```
//!
//! So no more than one value is on its way, and whoever gives waits as long as the other needs.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::poll_fn;
use core::mem;
use core::task::{Poll, Waker};
use critical_section::Mutex;
use ockam_node::wake;

pub(crate) struct Slot<T>(Mutex<RefCell<State<T>>>);

struct State<T> {
    place: Place<T>,
    closed: bool,
    giver: Option<Waker>,
    taker: Option<Waker>,
}

enum Place<T> {
    Empty,
    Full(T),
    WithTaker,
}

/// The value was not taken, or its taker has gone away.
#[derive(Debug)]
pub(crate) struct Closed;

impl<T> Slot<T> {
    pub(crate) const fn new() -> Self {
        let place = Place::Empty;
        Slot(Mutex::new(RefCell::new(State { place, closed: false, giver: None, taker: None })))
    }

    fn with<R>(&self, f: impl FnOnce(&mut State<T>) -> R) -> R {
        critical_section::with(|section| f(&mut self.0.borrow_ref_mut(section)))
    }

    /// Hands a value over and waits until the taker is done with it.
    ///
    /// # Cancel safety
    /// Dropped, the value may or may not be taken.
    pub(crate) async fn give(&self, value: T) -> Result<(), Closed> {
        let mut value = Some(value);
        poll_fn(|cx| {
            let (result, waker) = self.with(|state| {
                if state.closed {
                    return (Poll::Ready(Err(Closed)), None);
                }
                match (&state.place, value.take()) {
                    (Place::Empty, None) => return (Poll::Ready(Ok(())), None),
                    (Place::Empty, Some(given)) => state.place = Place::Full(given),
                    // What somebody gave before, who has gone away, is still with the taker.
                    (_, waiting) => value = waiting,
                }
                state.giver = Some(cx.waker().clone());
                (Poll::Pending, state.taker.take())
            });
            wake(waker);
            result
        })
        .await
    }

    /// Waits for the next value; `None` if there will be none. [`done`](Self::done) has to follow.
    pub(crate) async fn take(&self) -> Option<T> {
        poll_fn(|cx| {
            self.with(|state| {
                if state.closed {
                    return Poll::Ready(None);
                }
                match mem::replace(&mut state.place, Place::WithTaker) {
                    Place::Full(value) => return Poll::Ready(Some(value)),
                    other => state.place = other,
                }
                state.taker = Some(cx.waker().clone());
                Poll::Pending
            })
        })
        .await
    }

    /// Tells whoever gave the value that was taken last that it is done.
    pub(crate) fn done(&self) {
        let waker = self.with(|state| {
            if let Place::WithTaker = state.place {
                state.place = Place::Empty;
            }
            state.giver.take()
        });
        wake(waker);
    }

    /// Ends all waiting, now and later.
    pub(crate) fn close(&self) {
        let (wakers, place) = self.with(|state| {
            state.closed = true;
            let wakers: Vec<Waker> =
                state.giver.take().into_iter().chain(state.taker.take()).collect();
            (wakers, mem::replace(&mut state.place, Place::Empty))
        });
        drop(place);
        wake(wakers);
    }
}
