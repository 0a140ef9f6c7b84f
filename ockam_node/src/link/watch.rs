//! Following one link.

use super::list::LinkEntry;
use super::state::{LinkState, LinkStatus};
use crate::wait_list::Number;
use alloc::sync::Arc;
use core::fmt;
use core::future::poll_fn;
use core::task::Poll;

/// Follows one connection, channel or relay. It keeps nothing alive, and a clone follows the same
/// link from where this one is.
///
/// ```
/// # use ockam_node::{LinkState, LinkWatch};
/// /// Waits until a link is up; `false` says that it never will be.
/// async fn is_up_at_last(mut link: LinkWatch) -> bool {
///     let mut state = link.state();
///     while !state.is_up() && !link.is_over() {
///         state = link.changed().await;
///     }
///     state.is_up()
/// }
/// ```
pub struct LinkWatch {
    link: Arc<LinkEntry>,
    /// How many changes it has seen.
    seen: u64,
    /// The number it waits under, if it has ever waited.
    number: Option<Number>,
}

impl LinkWatch {
    pub(super) fn new(link: Arc<LinkEntry>) -> Self {
        let seen = link.course.with(|course| course.changes);
        LinkWatch { link, seen, number: None }
    }

    /// Returns where the link is. It does not count as seen: [`changed`](Self::changed) returns it
    /// as well.
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.status().state
    }

    /// Returns where the link is, and since when.
    #[must_use]
    pub fn status(&self) -> LinkStatus {
        self.link.course.with(|course| course.status.clone())
    }

    /// Tells whether the link is gone for good: it has ended, or was closed. Its state is
    /// [`Down`](LinkState::Down) and stays so.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.link.course.with(|course| course.over)
    }

    /// Waits until the link is in another state than the one that was returned last, or that it was
    /// in when this began to follow it. Returns the latest; states in between may be left out.
    ///
    /// Once the link [is over](Self::is_over) it returns the last state, at once and each time.
    ///
    /// # Cancel safety
    /// Nothing is missed if the future is dropped.
    pub async fn changed(&mut self) -> LinkState {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let (polled, _known) = self.link.course.with(|course| {
                if course.over || course.changes != self.seen {
                    self.seen = course.changes;
                    return (Poll::Ready(course.status.state.clone()), None);
                }
                let number = *self.number.get_or_insert_with(|| course.waiting.number());
                (Poll::Pending, course.waiting.wait(number, waker, &()))
            });
            polled
        })
        .await
    }
}

impl Clone for LinkWatch {
    fn clone(&self) -> Self {
        LinkWatch { link: Arc::clone(&self.link), seen: self.seen, number: None }
    }
}

impl Drop for LinkWatch {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            drop(self.link.course.with(|course| course.waiting.leave(number, &())));
        }
    }
}

impl fmt::Debug for LinkWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LinkWatch").field(&self.link).finish()
    }
}
