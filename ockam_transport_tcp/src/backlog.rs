//! Messages that arrived for workers whose mailboxes are full.
//!
//! It owns them until there is room, in the order of their arrival, and the rule for a worker that
//! stands still: its messages are dropped, so that it does not stop the other workers behind the
//! connection for ever. It refuses to know how messages arrive.
//!
//! ```text
//!   deliver ──> mailbox                                     the usual way
//!      └─ full: waiting [head | rest] ── room ──> mailbox
//!                   └─ no progress for the stall timeout ──> dropped, as is what comes next
//!                                                            and finds no room
//! ```

use crate::link::Link;
use crate::undelivered::dropped;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as Task, Poll};
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Result, TransportMessage};
use ockam_node::{ByteCharge, DeadLetterReason, Handle, SendError, SendErrorReason, deadline};
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::time::{Sleep, sleep_until};

/// How many bytes a connection holds for workers whose mailboxes are full, before it reads no more
/// until one of them has room. One message may be over it.
pub const MAX_BACKLOG_LEN: usize = 256 * 1024;

/// What a message counts beside its body: its routes and the room in the queue.
const MESSAGE_OVERHEAD: usize = 512;

/// How often it is looked whether a worker made progress, in each stall timeout.
const LOOKS: u32 = 4;

/// All messages that wait.
pub(crate) struct Backlog {
    limit: Duration,
    waiting: Vec<Waiting>,
    len: usize,
    /// What of a listener's bytes it holds, for a connection that a listener accepted.
    queued: Option<ByteCharge>,
    /// Workers that were given up and have not taken a message since.
    given_up: Vec<Address>,
    /// The log was told of one.
    told: bool,
}

/// The messages for one worker. Those that are left when it is dropped are accounted for.
struct Waiting {
    address: Address,
    handle: Handle,
    link: Arc<Link>,
    /// Nothing once everything is delivered.
    head: Option<Head>,
    rest: VecDeque<LocalMessage>,
    patience: Patience,
}

/// Tells a worker that stands still from one that is slow.
struct Patience {
    next_look: Pin<Box<Sleep>>,
    /// What the worker had done at the last look.
    progress: Option<u32>,
    /// How many looks there were since it has done anything.
    in_vain: u32,
}

/// The message that is the next to be delivered.
struct Head {
    len: usize,
    /// The message without its body, to account for it.
    routes: LocalMessage,
    delivery: Pin<Box<dyn Future<Output = Result<()>> + Send>>,
}

/// What became of the messages for one worker.
enum Outcome {
    Waits,
    Delivered,
    GivenUp,
}

impl Backlog {
    /// Makes one whose messages count as part of a budget, if there is one.
    pub(crate) fn new(limit: Duration, queued: Option<ByteCharge>) -> Self {
        let (waiting, given_up) = (Vec::new(), Vec::new());
        Backlog { limit, waiting, len: 0, queued, given_up, told: false }
    }

    /// Takes the messages, and leaves a backlog without any, which is not to be used.
    pub(crate) fn take(&mut self) -> Self {
        core::mem::replace(self, Backlog::new(self.limit, None))
    }

    /// Counts what waits.
    fn count(&mut self) {
        if let Some(queued) = &mut self.queued {
            queued.set(self.len);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Tells whether nothing more should be read. If others have taken the budget, that is as soon as one
    /// message waits.
    pub(crate) fn is_full(&self) -> bool {
        let is_taken = |queued: &ByteCharge| queued.budget().is_taken();
        self.len >= MAX_BACKLOG_LEN
            || !self.is_empty() && self.queued.as_ref().is_some_and(is_taken)
    }

    /// Delivers a message, or keeps it until its worker has room. The error says why it was
    /// dropped.
    pub(crate) fn deliver(
        &mut self,
        handle: &Handle,
        link: &Arc<Link>,
        message: LocalMessage,
    ) -> Result<()> {
        let first = message.onward_route().first();
        let behind = self.waiting.iter_mut().find(|known| first == Some(&known.address));
        if let Some(behind) = behind {
            self.len += len(&message);
            behind.rest.push_back(message);
            self.count();
            return Ok(());
        }
        let given_up = self.given_up.iter().position(|known| first == Some(known));
        let waits = match handle.try_forward(message) {
            Ok(()) => None,
            Err(error) => Some(must_wait(error)),
        };
        let message = match (waits, given_up) {
            (Some(Ok(message)), None) => message,
            (Some(Ok(message)), Some(_)) => {
                let why = stalled(message.onward_route().first(), self.limit);
                handle.reject(&message, DeadLetterReason::Stalled, why);
                return Err(stalled(message.onward_route().first(), self.limit));
            }
            (outcome, given_up) => {
                // It takes messages again, or has ended.
                given_up.into_iter().for_each(|at| drop(self.given_up.swap_remove(at)));
                return outcome.and_then(Result::err).map_or(Ok(()), Err);
            }
        };
        let address = message.onward_route().first().cloned().unwrap_or_default();
        self.len += len(&message);
        self.count();
        let patience = Patience::new(self.limit, handle.progress_at(&address));
        let (handle, link, rest) = (handle.clone(), Arc::clone(link), VecDeque::new());
        let head = Some(Head::new(&handle, message));
        self.waiting.push(Waiting { address, handle, link, head, rest, patience });
        Ok(())
    }

    /// Waits until there is room for more messages.
    pub(crate) async fn room(&mut self) {
        core::future::poll_fn(|cx| self.poll(cx, |backlog| !backlog.is_full())).await;
    }

    /// Waits until every message is delivered or dropped.
    pub(crate) async fn settled(&mut self) {
        core::future::poll_fn(|cx| self.poll(cx, Backlog::is_empty)).await;
    }

    /// Waits for a future, and delivers meanwhile.
    pub(crate) async fn during<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = core::pin::pin!(future);
        core::future::poll_fn(|cx| {
            let _ = self.poll(cx, |_| false);
            future.as_mut().poll(cx)
        })
        .await
    }

    fn poll(&mut self, cx: &mut Task<'_>, is_done: impl Fn(&Backlog) -> bool) -> Poll<()> {
        let mut at = 0;
        while let Some(waiting) = self.waiting.get_mut(at) {
            match waiting.poll(self.limit, &mut self.len, cx) {
                Outcome::Waits => at += 1,
                Outcome::Delivered => drop(self.waiting.swap_remove(at)),
                Outcome::GivenUp => {
                    let waiting = self.waiting.swap_remove(at);
                    self.give_up(waiting);
                }
            }
        }
        self.count();
        if is_done(self) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Drops the messages for a worker. The log is told once for each connection.
    #[cold]
    fn give_up(&mut self, mut waiting: Waiting) {
        let why = stalled(Some(&waiting.address), self.limit);
        if core::mem::replace(&mut self.told, true) {
            tracing::debug!(connection = %waiting.link, %why, "messages were dropped");
        } else {
            tracing::warn!(connection = %waiting.link, %why, "messages were dropped");
        }
        self.len -= waiting.len();
        self.given_up.push(waiting.address.clone());
        waiting.account(DeadLetterReason::Stalled, &why.to_string());
    }
}

/// Returns the message of a send that has to wait.
fn must_wait(error: SendError) -> Result<LocalMessage> {
    match error.reason() {
        SendErrorReason::Full { .. }
        | SendErrorReason::FullOfBytes { .. }
        | SendErrorReason::MustWait { .. } => Ok(error.into_message()),
        _ => Err(Error::with_kind(error.kind(), error)),
    }
}

fn stalled(address: Option<&Address>, limit: Duration) -> Error {
    let address = address.cloned().unwrap_or_default();
    let text = format!(
        "the worker at {address} has a full mailbox and has begun to handle no message for \
         {limit:?}: messages for it that find no room are dropped"
    );
    Error::with_kind(ErrorKind::Full, text)
}

fn len(message: &LocalMessage) -> usize {
    // A message that arrived has its body as bytes.
    message.payload().to_bytes().map_or(0, |bytes| bytes.len()) + MESSAGE_OVERHEAD
}

impl Head {
    fn new(handle: &Handle, message: LocalMessage) -> Self {
        let transport = message.transport();
        let (onward, back) = (transport.onward_route.clone(), transport.return_route.clone());
        let routes = TransportMessage::new(onward, back, Vec::new()).into();
        let (len, handle) = (len(&message), handle.clone());
        let delivery = Box::pin(async move { handle.forward(message).await });
        Head { len, routes, delivery }
    }
}

impl Patience {
    fn new(limit: Duration, progress: Option<u32>) -> Self {
        let next_look = Box::pin(sleep_until(deadline(limit / LOOKS)));
        Patience { next_look, progress, in_vain: 0 }
    }

    /// Compares what the worker has done with what it had. Tells whether the limit is reached.
    fn look(&mut self, limit: Duration, progress: Option<u32>) -> bool {
        let in_vain = if progress == self.progress { self.in_vain + 1 } else { 0 };
        (self.progress, self.in_vain) = (progress, in_vain);
        self.next_look.as_mut().reset(deadline(limit / LOOKS));
        in_vain >= LOOKS
    }
}

impl Waiting {
    fn len(&self) -> usize {
        let head = self.head.as_ref().map_or(0, |head| head.len);
        head + self.rest.iter().map(len).sum::<usize>()
    }

    fn poll(&mut self, limit: Duration, held: &mut usize, cx: &mut Task<'_>) -> Outcome {
        while let Some(head) = &mut self.head {
            let Poll::Ready(outcome) = head.delivery.as_mut().poll(cx) else {
                break;
            };
            *held -= head.len;
            if let Err(error) = outcome {
                dropped(&self.handle, &self.link, &error);
            }
            self.head = self.rest.pop_front().map(|next| Head::new(&self.handle, next));
        }
        if self.head.is_none() {
            Outcome::Delivered
        } else if self.is_over(limit, cx) {
            Outcome::GivenUp
        } else {
            Outcome::Waits
        }
    }

    /// Tells whether the worker has made no progress for the stall timeout.
    fn is_over(&mut self, limit: Duration, cx: &mut Task<'_>) -> bool {
        while self.patience.next_look.as_mut().poll(cx).is_ready() {
            let progress = self.handle.progress_at(&self.address);
            if self.patience.look(limit, progress) {
                return true;
            }
        }
        false
    }

    /// Accounts for all messages.
    #[cold]
    fn account(&mut self, reason: DeadLetterReason, why: &str) {
        let head = self.head.take().map(|head| head.routes);
        for message in head.into_iter().chain(core::mem::take(&mut self.rest)) {
            self.link.traffic().dropped.add(1);
            self.handle.reject(
                &message,
                reason,
                Error::with_kind(ErrorKind::Full, why.to_string()),
            );
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.head.is_some() {
            self.account(DeadLetterReason::Stopped, "the connection has ended");
        }
    }
}
