//! Messages that could not be delivered: counted by reason, the last ones kept.

use crate::program::wake;
use crate::sync::Lock;
use crate::wait_list::{Number, WaitList};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::Poll;
#[cfg(feature = "std")]
use ockam_core::FailureReason;
use ockam_core::{LocalMessage, Route};

/// How many undelivered messages are kept.
pub const DEAD_LETTERS_KEPT: usize = 64;

/// Why a message was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeadLetterReason {
    /// Nothing was at the address.
    NotFound,
    /// The worker had stopped, or stopped before it came to the message.
    Stopped,
    /// The worker panicked as it handled the message, or before it came to it.
    Panicked,
    /// The worker was cut off, at the deadline of the node's stop for example, as it handled the
    /// message or before it came to it.
    CutOff,
    /// The body was not of the worker's type.
    Undecodable,
    /// An access control or a flow control said no.
    Denied,
    /// It was to leave the node, and cannot: it is too large, or leads nowhere.
    Unsendable,
    /// Its recipient stands still: a connection, for an answer to a message from outside, or a worker
    /// that takes nothing out of its full mailbox, for messages that came over a connection.
    Stalled,
}

impl DeadLetterReason {
    /// All reasons, in the order of [`DeadLetters::counts`].
    pub const ALL: [DeadLetterReason; 8] = [
        DeadLetterReason::NotFound,
        DeadLetterReason::Stopped,
        DeadLetterReason::Panicked,
        DeadLetterReason::CutOff,
        DeadLetterReason::Undecodable,
        DeadLetterReason::Denied,
        DeadLetterReason::Unsendable,
        DeadLetterReason::Stalled,
    ];
}

#[cfg(feature = "std")]
impl From<DeadLetterReason> for FailureReason {
    fn from(reason: DeadLetterReason) -> Self {
        match reason {
            DeadLetterReason::NotFound => FailureReason::NotFound,
            DeadLetterReason::Stopped => FailureReason::Stopped,
            DeadLetterReason::Panicked => FailureReason::Panicked,
            DeadLetterReason::CutOff => FailureReason::CutOff,
            DeadLetterReason::Undecodable => FailureReason::Undecodable,
            DeadLetterReason::Denied => FailureReason::Denied,
            DeadLetterReason::Unsendable => FailureReason::Unsendable,
            DeadLetterReason::Stalled => FailureReason::Full,
        }
    }
}

impl fmt::Display for DeadLetterReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DeadLetterReason::NotFound => "nothing is at the address",
            DeadLetterReason::Stopped => "the worker stopped",
            DeadLetterReason::Panicked => "the worker panicked",
            DeadLetterReason::CutOff => "the worker was cut off",
            DeadLetterReason::Undecodable => "the body is not of the worker's type",
            DeadLetterReason::Denied => "an access control said no",
            DeadLetterReason::Unsendable => "it cannot be sent to another node",
            DeadLetterReason::Stalled => "its recipient stands still",
        })
    }
}

/// A message that was not delivered: its routes and the reason, without the body.
///
/// Of a message whose handler panicked or was cut off the onward route is the worker's address, and
/// the return route is the reply slot of its asker, if it has one: the rest is gone with the
/// message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The route that was left when the message failed.
    pub onward_route: Route,
    /// The route of an answer.
    pub return_route: Route,
    /// Why it failed.
    pub reason: DeadLetterReason,
}

/// What a node could not deliver; a clone is another handle to the same record.
///
/// ```
/// # use ockam_node::{NodeBuilder, DeadLetterReason};
/// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
/// let ctx = NodeBuilder::new().build()?;
/// let mut dead_letters = ctx.dead_letters().subscribe();
/// assert!(ctx.send("nobody", 1u8).await.is_err());
/// let letter = dead_letters.next().await.expect("the node has not stopped");
/// assert_eq!(letter.reason, DeadLetterReason::NotFound);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct DeadLetters(Arc<Lock<Record>>);

#[derive(Default)]
struct Record {
    counts: [u64; DeadLetterReason::ALL.len()],
    /// Each at its number modulo [`DEAD_LETTERS_KEPT`].
    recent: Vec<DeadLetter>,
    /// How many there were in all; the number of the next one.
    total: u64,
    waiting: WaitList<()>,
    /// The node has stopped.
    closed: bool,
}

/// Returns the place of the letter with a number.
fn place(number: u64) -> usize {
    (number % DEAD_LETTERS_KEPT as u64) as usize
}

impl DeadLetters {
    pub(crate) fn new() -> Self {
        DeadLetters(Arc::new(Lock::new(Record::default())))
    }

    pub(crate) fn record(&self, message: &LocalMessage, reason: DeadLetterReason) {
        self.record_routes(message.onward_route().clone(), message.return_route().clone(), reason);
    }

    pub(crate) fn record_routes(
        &self,
        onward_route: Route,
        return_route: Route,
        reason: DeadLetterReason,
    ) {
        let letter = DeadLetter { onward_route, return_route, reason };
        tracing::debug!(onward_route = %letter.onward_route, %reason, "undelivered");
        let readers = self.0.with(|record| {
            record.counts[reason as usize] += 1;
            match record.recent.get_mut(place(record.total)) {
                Some(oldest) => *oldest = letter,
                None => record.recent.push(letter),
            }
            record.total += 1;
            record.waiting.take(&())
        });
        wake(readers.into_iter().flatten());
    }

    /// The node has stopped: subscriptions end once they have read what there is.
    pub(crate) fn close(&self) {
        let readers = self.0.with(|record| {
            record.closed = true;
            record.waiting.take(&())
        });
        wake(readers.into_iter().flatten());
    }

    /// Counts the messages that were not delivered, by reason.
    #[must_use]
    pub fn counts(&self) -> [(DeadLetterReason, u64); DeadLetterReason::ALL.len()] {
        let counts = self.0.with(|record| record.counts);
        DeadLetterReason::ALL.map(|reason| (reason, counts[reason as usize]))
    }

    /// Counts the messages that were not delivered for one reason.
    #[must_use]
    pub fn count(&self, reason: DeadLetterReason) -> u64 {
        self.0.with(|record| record.counts[reason as usize])
    }

    /// Returns the last ones, at most [`DEAD_LETTERS_KEPT`], oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<DeadLetter> {
        self.0.with(|record| {
            // The next one takes the place of the oldest, or the first that is free.
            let (later, earlier) = record.recent.split_at(place(record.total));
            [earlier, later].concat()
        })
    }

    /// Starts to follow what is not delivered from now on.
    #[must_use]
    pub fn subscribe(&self) -> DeadLetterSubscription {
        let (number, next) = self.0.with(|record| (record.waiting.number(), record.total));
        DeadLetterSubscription { record: Arc::clone(&self.0), number, next, missed: 0 }
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.counts()).finish()
    }
}

/// Follows the undelivered messages of a node.
pub struct DeadLetterSubscription {
    record: Arc<Lock<Record>>,
    /// The number it waits under.
    number: Number,
    next: u64,
    missed: u64,
}

impl fmt::Debug for DeadLetterSubscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetterSubscription")
            .field("next", &self.next)
            .field("missed", &self.missed)
            .finish_non_exhaustive()
    }
}

impl DeadLetterSubscription {
    /// Waits for the next one. A reader that is slower than [`DEAD_LETTERS_KEPT`] misses some.
    ///
    /// `None` says that the node has stopped and that the last one was read. Handlers that the stop
    /// cut off are dropped in their own tasks, so the messages that they held may be recorded a
    /// little later.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<DeadLetter> {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let (polled, _known) = self.record.with(|record| {
                let oldest = record.total - record.recent.len() as u64;
                self.missed += oldest.saturating_sub(self.next);
                self.next = self.next.max(oldest);
                match record.recent.get(place(self.next)) {
                    Some(letter) if self.next < record.total => {
                        self.next += 1;
                        (Poll::Ready(Some(letter.clone())), None)
                    }
                    _ if record.closed => (Poll::Ready(None), None),
                    _ => (Poll::Pending, record.waiting.wait(self.number, waker, &())),
                }
            });
            polled
        })
        .await
    }

    /// Returns how many were missed so far.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

impl Drop for DeadLetterSubscription {
    fn drop(&mut self) {
        drop(self.record.with(|record| record.waiting.leave(self.number, &())));
    }
}
