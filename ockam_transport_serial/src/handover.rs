//! A handover of values from one task to another, one at a time, each acknowledged.
//!
//! ```text
//!          give               take                done
//!  Empty ───────> Full(value) ─────> with taker ──────> Empty          close: from anywhere, for good
//! ```
//!
//! At most one value is in flight, and the giver waits until the taker has finished with it.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::poll_fn;
use core::mem;
use core::task::{Poll, Waker};
use critical_section::Mutex;
use ockam_node::wake;

pub(crate) struct Handover<T>(Mutex<RefCell<State<T>>>);

struct State<T> {
    content: Content<T>,
    closed: bool,
    giver: Option<Waker>,
    taker: Option<Waker>,
}

enum Content<T> {
    Empty,
    Full(T),
    WithTaker,
}

/// The handover is closed: the value was not taken, or its taker has ended.
#[derive(Debug)]
pub(crate) struct Closed;

impl<T> Handover<T> {
    pub(crate) const fn new() -> Self {
        let content = Content::Empty;
        Handover(Mutex::new(RefCell::new(State {
            content,
            closed: false,
            giver: None,
            taker: None,
        })))
    }

    fn with<R>(&self, f: impl FnOnce(&mut State<T>) -> R) -> R {
        critical_section::with(|section| f(&mut self.0.borrow_ref_mut(section)))
    }

    /// Hands a value over and waits until the taker has finished with it.
    ///
    /// # Cancel safety
    /// If the future is dropped, the value may or may not be taken.
    pub(crate) async fn give(&self, value: T) -> Result<(), Closed> {
        let mut value = Some(value);
        poll_fn(|cx| {
            let (result, waker) = self.with(|state| {
                if state.closed {
                    return (Poll::Ready(Err(Closed)), None);
                }
                match (&state.content, value.take()) {
                    (Content::Empty, None) => return (Poll::Ready(Ok(())), None),
                    (Content::Empty, Some(given)) => state.content = Content::Full(given),
                    // The taker still has a value whose giver was dropped.
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

    /// Waits for the next value; `None` once closed. The caller has to call [`done`](Self::done)
    /// afterwards.
    pub(crate) async fn take(&self) -> Option<T> {
        poll_fn(|cx| {
            self.with(|state| {
                if state.closed {
                    return Poll::Ready(None);
                }
                match mem::replace(&mut state.content, Content::WithTaker) {
                    Content::Full(value) => return Poll::Ready(Some(value)),
                    other => state.content = other,
                }
                state.taker = Some(cx.waker().clone());
                Poll::Pending
            })
        })
        .await
    }

    /// Acknowledges the value that was taken last.
    pub(crate) fn done(&self) {
        let waker = self.with(|state| {
            if let Content::WithTaker = state.content {
                state.content = Content::Empty;
            }
            state.giver.take()
        });
        wake(waker);
    }

    /// Closes the handover: current and future waits end.
    pub(crate) fn close(&self) {
        let (wakers, content) = self.with(|state| {
            state.closed = true;
            let wakers: Vec<Waker> =
                state.giver.take().into_iter().chain(state.taker.take()).collect();
            (wakers, mem::replace(&mut state.content, Content::Empty))
        });
        drop(content);
        wake(wakers);
    }
}
