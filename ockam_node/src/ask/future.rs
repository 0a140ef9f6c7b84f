//! An ask on its way, as the future that the asker awaits.
//!
//! ```text
//!   New ──> (Resolving: a transport finds its hop) ──> (Sending: the mailbox is full) ──> Waiting
//!    └─ what cannot be asked: Refused                                                        │
//!                                        an answer, an error, the deadline <─────────────────┘
//! ```
//!
//! Written by hand: a caller's future carries it, and moves it once or twice.

use crate::ask::pool::Asker;
use crate::ask::slot::asks_itself;
use crate::cell::Cell;
use crate::cell::kind::CellId;
use crate::delivery::future::Delivery;
use crate::delivery::unresolved::{is_unresolved, unresolvable};
use crate::executor::{self, Instant};
use crate::handle::Handle;
use crate::node::Node;
use crate::table::AddressHash;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use core::future::Future;
use core::marker::PhantomData;
use core::mem;
use core::pin::Pin;
use core::task::{self, Poll};
use core::time::Duration;
use ockam_core::{Error, ErrorKind, LocalMessage, Message, Payload, Result, Route, Routed};

/// The reply slot of one ask, in the node's table as long as this lives.
struct PendingAsk<'a> {
    node: &'a Node,
    /// Until it is given back.
    asker: Option<Asker>,
    hash: AddressHash,
    /// There was an answer, or an error instead.
    over: bool,
}

impl<'a> PendingAsk<'a> {
    /// Registers a slot, and makes the message whose answer comes there.
    #[inline]
    fn new(
        node: &'a Node,
        route: Route,
        payload: Payload,
        waits: Option<&Arc<Cell>>,
    ) -> Result<(Self, LocalMessage)> {
        let address = node.random_asker();
        let asked = route.last().cloned().unwrap_or_default();
        let asker = node.askers.lend(address, asked, waits.map(|cell| CellId::of(&**cell)));
        let hash = node.register(&asker.ask)?;
        let message = executor::spare_message().fill(route, asker.ask.address(), payload);
        Ok((PendingAsk { node, asker: Some(asker), hash, over: false }, message))
    }

    /// Lets the answer in if the question leaves the node.
    #[inline]
    fn expect(&self, message: &LocalMessage) {
        if !self.node.flow_controls.has_producers() {
            return;
        }
        if let (Some(first), Some(asker)) = (message.onward_route().first(), &self.asker) {
            self.node.expect(&asker.ask, first);
        }
    }

    fn poll_result(&mut self, cx: &task::Context<'_>) -> Poll<Result<LocalMessage>> {
        let Some(asker) = &self.asker else {
            return Poll::Pending;
        };
        let polled = asker.ask.poll_result(cx.waker());
        self.over = polled.is_ready();
        polled
    }
}

impl Drop for PendingAsk<'_> {
    fn drop(&mut self) {
        let Some(asker) = self.asker.take() else {
            return;
        };
        self.node.asks.remove(self.hash, asker.ask.address(), &asker.ask);
        // Asked after the slot is gone, as `Node::expect_answer` relies on.
        if asker.ask.is_expected() {
            self.node.flow_controls.unexpect(asker.ask.address());
        }
        // An answer that comes after all must find nobody, so the slot ends with it.
        if self.over {
            self.node.askers.give_back(asker);
        }
    }
}

enum Stage<'a> {
    Refused(Error),
    New(LocalMessage),
    Resolving(Pin<Box<dyn Future<Output = Result<LocalMessage>> + Send + 'a>>),
    Sending(Delivery<'a>),
    Waiting,
}

/// Asks, and reads the answer as an `M`, of which `finish` makes what the caller wants.
pub(crate) struct Asking<'a, M, R> {
    handle: &'a Handle,
    slot: Option<PendingAsk<'a>>,
    stage: Stage<'a>,
    limit: Option<Duration>,
    deadline: Option<Instant>,
    finish: fn(Routed<M>) -> R,
    reads: PhantomData<fn() -> M>,
}

impl<'a, M: Message, R> Asking<'a, M, R> {
    /// The routes are put into the message when the call is made, so that this carries none.
    pub(crate) fn new(
        handle: &'a Handle,
        route: Route,
        payload: Payload,
        limit: Option<Duration>,
        finish: fn(Routed<M>) -> R,
    ) -> Self {
        if !handle.is_own() {
            return Self::waited_for(handle, route, payload, limit, finish, None);
        }
        // A worker that asks handles nothing until it has the answer.
        match route.first() {
            Some(first) if handle.mailboxes().find(first).is_some() => {
                let error = Error::with_text(ErrorKind::InvalidInput, || asks_itself(first));
                Self::at(handle, None, Stage::Refused(error), limit, finish)
            }
            _ => Self::waited_for(handle, route, payload, limit, finish, Some(handle.cell())),
        }
    }

    /// `waits` is the worker that does nothing else until it has the answer.
    #[inline]
    fn waited_for(
        handle: &'a Handle,
        route: Route,
        payload: Payload,
        limit: Option<Duration>,
        finish: fn(Routed<M>) -> R,
        waits: Option<&Arc<Cell>>,
    ) -> Self {
        match PendingAsk::new(handle.node(), route, payload, waits) {
            Ok((slot, message)) => Self::at(handle, Some(slot), Stage::New(message), limit, finish),
            Err(error) => Self::at(handle, None, Stage::Refused(error), limit, finish),
        }
    }

    #[inline]
    fn at(
        handle: &'a Handle,
        slot: Option<PendingAsk<'a>>,
        stage: Stage<'a>,
        limit: Option<Duration>,
        finish: fn(Routed<M>) -> R,
    ) -> Self {
        Asking { handle, slot, stage, limit, deadline: None, finish, reads: PhantomData }
    }

    /// Goes as far as possible with a question that is not in its mailbox yet. `Ready(Ok)` says
    /// that it is.
    fn poll_send(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<()>> {
        let handle = self.handle;
        let mut delivery = match mem::replace(&mut self.stage, Stage::Waiting) {
            Stage::Waiting => return Poll::Ready(Ok(())),
            Stage::Refused(error) => return Poll::Ready(Err(error)),
            Stage::New(message) if is_unresolved(handle.node(), &message) => {
                let Some(resolver) = handle.node().transports.resolver() else {
                    return Poll::Ready(Err(unresolvable(message)));
                };
                self.stage = Stage::Resolving((resolver.resolve)(handle, message));
                return self.poll_resolved(cx);
            }
            Stage::New(message) => self.delivery(message),
            resolving @ Stage::Resolving(_) => {
                self.stage = resolving;
                return self.poll_resolved(cx);
            }
            Stage::Sending(delivery) => delivery,
        };
        let polled = Pin::new(&mut delivery).poll(cx);
        if polled.is_pending() {
            self.stage = Stage::Sending(delivery);
        }
        polled
    }

    #[cold]
    fn poll_resolved(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<()>> {
        let Stage::Resolving(resolving) = &mut self.stage else {
            return Poll::Ready(Ok(()));
        };
        match resolving.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(message)) => {
                self.stage = Stage::Sending(self.delivery(message));
                self.poll_send(cx)
            }
        }
    }

    #[inline]
    fn delivery(&mut self, message: LocalMessage) -> Delivery<'a> {
        if let Some(slot) = &self.slot {
            slot.expect(&message);
        }
        Delivery::new(self.handle, self.handle.mailboxes().primary(), message)
    }

    fn poll_answer(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<LocalMessage>> {
        match self.poll_send(cx) {
            Poll::Ready(Ok(())) => match &mut self.slot {
                Some(slot) => slot.poll_result(cx),
                None => Poll::Pending,
            },
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_alarm(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        let asker = self.slot.as_mut().and_then(|slot| slot.asker.as_mut());
        let (Some(limit), Some(asker)) = (self.limit, asker) else {
            return Poll::Pending;
        };
        let deadline = *self.deadline.get_or_insert_with(|| executor::deadline(limit));
        asker.alarm.poll(&self.handle.node().executor, deadline, cx)
    }

    #[cold]
    fn timed_out(&self) -> Error {
        let asker = self.slot.as_ref().and_then(|slot| slot.asker.as_ref());
        let asked = asker.map(|asker| asker.ask.asked().clone()).unwrap_or_default();
        let limit = self.limit.unwrap_or_default();
        let over = asker.and_then(|asker| {
            self.handle.node().flow_controls.expected_over_hop(asker.ask.address())
        });
        Error::with_text(ErrorKind::TimedOut, || match over {
            Some(over) => format!(
                "no answer from {asked} at the other end of {} for {limit:?}: it was not \
                 started there, is no consumer of the connection, or is too slow",
                self.handle.node().describe_link(&over),
            ),
            None => format!("no answer from {asked} for {limit:?}"),
        })
    }
}

impl<M: Message, R> Future for Asking<'_, M, R> {
    type Output = Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        match self.poll_answer(cx) {
            Poll::Ready(Ok(answer)) => Poll::Ready(read(answer).map(self.finish)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_alarm(cx).map(|()| Err(self.timed_out())),
        }
    }
}

/// Reads an answer as an `M`.
fn read<M: Message>(answer: LocalMessage) -> Result<Routed<M>> {
    Routed::decode(answer).map_err(|(error, message)| {
        let from = message.return_route();
        let context = || format!("the answer from {from}");
        Error::with_kind(ErrorKind::Encoding, error).context_with(context)
    })
}
