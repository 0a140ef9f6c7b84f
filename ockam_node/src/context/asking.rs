//! An ask on its way, as the future that the asker awaits.
//!
//! ```text
//!   New ──> (Resolving: a transport finds its hop) ──> (Sending: the mailbox is full) ──> Waiting
//!    └─ what cannot be asked: Refused                                                        │
//!                                        an answer, an error, the deadline <─────────────────┘
//! ```
//!
//! Written by hand: a caller's future carries it, and moves it once or twice.

use super::{Context, Handle};
use crate::alarms::Borrowed;
use crate::ask::{Ask, asks_itself};
use crate::cell::Cell;
use crate::delivery::{Delivery, is_unresolved, resolve};
use crate::executor::{self, Instant};
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
use ockam_core::{
    Address, Error, ErrorKind, LocalMessage, Message, Payload, Result, Route, Routed,
};

/// The reply slot of one ask, in the node's table as long as this lives.
struct Slot<'a> {
    node: &'a Node,
    ask: Arc<Ask>,
    hash: AddressHash,
    /// The answer may come from outside.
    expected: bool,
}

impl<'a> Slot<'a> {
    fn new(node: &'a Node, asked: Address, waits: Option<&Arc<Cell>>) -> Result<Self> {
        let address = node.random_local();
        let hash = node.asks.hash(&address);
        let ask = Arc::new(Ask::new(address, asked, waits));
        // Two of 2^128 are the same: that is an error like any other, and not a way to hang.
        node.asks.insert(hash, ask.address(), &ask).map_err(|_| {
            Error::new(ErrorKind::AlreadyExists, "a random address was drawn twice")
        })?;
        Ok(Slot { node, ask, hash, expected: false })
    }

    /// Lets the answer in if the question leaves the node.
    #[inline]
    fn expect(&mut self, message: &LocalMessage) {
        let flows = &self.node.flow_controls;
        if let Some(first) = message.onward_route().first().filter(|_| flows.has_producers()) {
            self.expected = flows.expect(self.ask.address(), first);
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.expected {
            self.node.flow_controls.unexpect(self.ask.address());
        }
        self.node.asks.remove(self.hash, self.ask.address(), &self.ask);
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
pub(super) struct Asking<'a, M, R> {
    handle: &'a Handle,
    slot: Option<Slot<'a>>,
    stage: Stage<'a>,
    limit: Option<Duration>,
    deadline: Option<Instant>,
    alarm: Option<Borrowed<'a>>,
    finish: fn(Routed<M>) -> R,
    reads: PhantomData<fn() -> M>,
}

impl<'a, M: Message, R> Asking<'a, M, R> {
    /// The routes are put into the message when the call is made, so that this carries none.
    pub(super) fn new(
        handle: &'a Handle,
        route: Route,
        payload: Payload,
        limit: Option<Duration>,
        finish: fn(Routed<M>) -> R,
    ) -> Self {
        Self::waited_for(handle, route, payload, limit, finish, None)
    }

    /// As [`new`](Self::new), for a context that cannot answer while it waits.
    pub(super) fn of_another(
        ctx: &'a Context,
        route: Route,
        payload: Payload,
        limit: Option<Duration>,
        finish: fn(Routed<M>) -> R,
    ) -> Self {
        match route.first() {
            Some(first) if ctx.mailboxes().find(first).is_some() => {
                let error = Error::new(ErrorKind::InvalidInput, asks_itself(first));
                Self::at(ctx, None, Stage::Refused(error), limit, finish)
            }
            _ => Self::waited_for(ctx, route, payload, limit, finish, Some(ctx.cell())),
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
        let asked = route.last().cloned().unwrap_or_default();
        match Slot::new(handle.node(), asked, waits) {
            Ok(slot) => {
                let message = executor::spare_message().fill(route, slot.ask.address(), payload);
                Self::at(handle, Some(slot), Stage::New(message), limit, finish)
            }
            Err(error) => Self::at(handle, None, Stage::Refused(error), limit, finish),
        }
    }

    #[inline]
    fn at(
        handle: &'a Handle,
        slot: Option<Slot<'a>>,
        stage: Stage<'a>,
        limit: Option<Duration>,
        finish: fn(Routed<M>) -> R,
    ) -> Self {
        let (deadline, alarm, reads) = (None, None, PhantomData);
        Asking { handle, slot, stage, limit, deadline, alarm, finish, reads }
    }

    /// Goes as far as possible with a question that is not in its mailbox yet. `Ready(Ok)` says
    /// that it is.
    fn poll_send(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<()>> {
        let handle = self.handle;
        let mut delivery = match mem::replace(&mut self.stage, Stage::Waiting) {
            Stage::Waiting => return Poll::Ready(Ok(())),
            Stage::Refused(error) => return Poll::Ready(Err(error)),
            Stage::New(message) if is_unresolved(&message) => {
                self.stage = Stage::Resolving(Box::pin(resolve(handle, message)));
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
        if let Some(slot) = &mut self.slot {
            slot.expect(&message);
        }
        Delivery::new(self.handle, self.handle.mailboxes().primary(), message)
    }

    fn poll_answer(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<LocalMessage>> {
        match self.poll_send(cx) {
            Poll::Ready(Ok(())) => match &self.slot {
                Some(slot) => slot.ask.poll_result(cx.waker()),
                None => Poll::Pending,
            },
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_alarm(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let node = self.handle.node();
        let deadline = *self.deadline.get_or_insert_with(|| executor::deadline(limit));
        self.alarm.get_or_insert_with(|| node.alarms.borrow()).poll(&node.executor, deadline, cx)
    }

    #[cold]
    fn timed_out(&self) -> Error {
        let asked = self.slot.as_ref().map(|slot| slot.ask.asked().clone()).unwrap_or_default();
        let limit = self.limit.unwrap_or_default();
        Error::new(ErrorKind::TimedOut, format!("no answer from {asked} for {limit:?}"))
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
        Error::new(ErrorKind::Encoding, error).context(format!("the answer from {from}"))
    })
}
