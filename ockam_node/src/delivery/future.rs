//! A message on its way to a mailbox, as the future that its sender awaits.
//!
//! ```text
//!   New ──> into the mailbox ─────────────────────────────> Done
//!    │ └──> the mailbox is full: InLine ── granted a place ───┤
//!    └────> a transport or an access control takes time: Slow ┘
//! ```
//!
//! It is written by hand because every send has one: it is five words, which a caller's future
//! carries and moves for next to nothing, and the first state is all that most of them see.

use crate::cell::inbox::Weight;
use crate::cell::{Cell, Kind};
use crate::delivery::access;
#[cfg(feature = "std")]
use crate::delivery::answering;
use crate::delivery::attempt::{self, Recipient, Step};
use crate::delivery::gates;
use crate::delivery::in_line::SendWaiter;
use crate::delivery::send_error::{SendError, boundary};
use crate::delivery::transports::Slow;
use crate::delivery::unresolved::{is_unresolved, unresolvable};
use crate::handle::Handle;
use crate::node::Node;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use ockam_core::{Authorization, Error, LocalMessage, Mailbox, RelayMessage};

/// Delivers a message to the first hop of its onward route, waiting for room if there is none.
///
/// # Cancel safety
/// Dropped before it is done, the message is not sent, and the others in line move up.
pub(crate) struct Delivery<'a> {
    handle: &'a Handle,
    /// Nothing once it is done, so that there is nothing to drop.
    state: Option<DeliveryState<'a>>,
}

enum DeliveryState<'a> {
    New {
        source: &'a Mailbox,
        message: LocalMessage,
        /// The route names a transport.
        unresolved: bool,
    },
    InLine(SendWaiter),
    Slow(Slow<'a>),
}

impl<'a> Delivery<'a> {
    /// Delivers a message on a route of which nothing is resolved any more.
    #[inline]
    pub(crate) fn new(handle: &'a Handle, source: &'a Mailbox, message: LocalMessage) -> Self {
        Delivery { handle, state: Some(DeliveryState::New { source, message, unresolved: false }) }
    }

    /// As [`new`](Self::new), on a route that a program wrote: a hop that belongs to a transport is
    /// replaced by the worker that leads there.
    #[inline]
    pub(crate) fn resolving(
        handle: &'a Handle,
        source: &'a Mailbox,
        message: LocalMessage,
    ) -> Self {
        let unresolved = is_unresolved(handle.node(), &message);
        Delivery { handle, state: Some(DeliveryState::New { source, message, unresolved }) }
    }

    /// Goes on with a message that could not be delivered at once.
    #[cold]
    fn wait(
        &mut self,
        source: &'a Mailbox,
        step: Step,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let handle = self.handle;
        self.state = match step {
            Step::Done => None,
            Step::Full(message, cell) => return self.enter(message, cell, cx),
            Step::Authorize(message, to) => {
                Some(DeliveryState::Slow(Box::pin(authorize(handle.node(), source, to, message))))
            }
        };
        self.poll_waiting(cx)
    }

    /// Goes into the mailbox, or its line.
    fn enter(
        &mut self,
        message: LocalMessage,
        cell: Arc<Cell>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        #[cfg(feature = "std")]
        let is_answer = answering::is_answer(self.handle.cell(), &cell, &message);
        match enter(self.handle, cell, message, cx.waker()) {
            #[cfg(feature = "std")]
            Ok(Some(place)) if is_answer => {
                let handle = self.handle;
                self.state = Some(DeliveryState::Slow(Box::pin(answering::wait(handle, place))));
                self.poll_waiting(cx)
            }
            Ok(Some(place)) => {
                self.state = Some(DeliveryState::InLine(place));
                Poll::Pending
            }
            Ok(None) => Poll::Ready(Ok(())),
            Err(error) => Poll::Ready(Err(boundary(error))),
        }
    }

    #[cold]
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let polled = match &mut self.state {
            Some(DeliveryState::InLine(place)) => {
                match place.poll(self.handle.node(), cx.waker()) {
                    Poll::Ready(Some(message)) => {
                        let cell = Arc::clone(&place.cell);
                        self.state = None;
                        return self.enter(message, cell, cx);
                    }
                    Poll::Ready(None) => Poll::Ready(Ok(())),
                    Poll::Pending => Poll::Pending,
                }
            }
            Some(DeliveryState::Slow(slow)) => match slow.as_mut().poll(cx) {
                Poll::Ready(Ok(Some((message, cell)))) => {
                    self.state = None;
                    return self.enter(message, cell, cx);
                }
                Poll::Ready(Ok(None)) => Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Pending => Poll::Pending,
            },
            Some(DeliveryState::New { .. }) | None => Poll::Ready(Ok(())),
        };
        if polled.is_ready() {
            self.state = None;
        }
        polled
    }
}

impl Future for Delivery<'_> {
    type Output = Result<(), Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match this.state.take() {
            Some(DeliveryState::New { source, message, unresolved: false }) => {
                return match attempt::begin(this.handle.node(), source, message) {
                    Ok(Step::Done) => Poll::Ready(Ok(())),
                    Ok(step) => this.wait(source, step, cx),
                    Err(error) => Poll::Ready(Err(boundary(error))),
                };
            }
            Some(DeliveryState::New { source, message, unresolved: true }) => {
                match this.handle.node().transports.resolver() {
                    Some(resolver) => {
                        let slow = (resolver.deliver)(this.handle, source, message);
                        this.state = Some(DeliveryState::Slow(slow));
                    }
                    None => return Poll::Ready(Err(unresolvable(message))),
                }
            }
            waiting => this.state = waiting,
        }
        this.poll_waiting(cx)
    }
}

/// Pushes a message, or stands in line if the mailbox is full; `waker` is woken when a place is
/// granted.
fn enter(
    handle: &Handle,
    cell: Arc<Cell>,
    mut message: LocalMessage,
    waker: &Waker,
) -> Result<Option<SendWaiter>, SendError> {
    let node = handle.node();
    // Nobody but the worker itself could make room for what it waits to send to itself. Its handles
    // in other tasks can wait.
    let to_itself =
        handle.is_own() && cell.kind() == Kind::Worker && Arc::ptr_eq(&cell, handle.cell());
    loop {
        message = match gates::push(node, &cell, message) {
            Ok(None) => return Ok(None),
            Ok(Some(message)) if to_itself => {
                return Err(SendError::new(attempt::full(&cell, &message), message));
            }
            Ok(Some(message)) => message,
            Err(message) => {
                let source = handle.mailboxes().primary();
                return Err(attempt::stopped(node, source, &cell, message));
            }
        };
        let ticket = cell.stand_in_line(
            Weight::of(&message),
            waker,
            #[cfg(feature = "std")]
            handle.cell(),
        );
        if let Some(ticket) = ticket {
            #[cfg(feature = "std")]
            node.watch_line(&cell);
            return Ok(Some(SendWaiter::new(handle, cell, ticket, message)));
        }
    }
}

/// Asks the access controls, those that answer later. Of the answer to an ask only the sender's
/// own has a say, and it is delivered then.
async fn authorize(
    node: &Arc<Node>,
    source: &Mailbox,
    to: Recipient,
    message: LocalMessage,
) -> Result<Option<(LocalMessage, Arc<Cell>)>, Error> {
    let destination = message.onward_route().first().cloned().unwrap_or_default();
    for outgoing in [true, false] {
        let passage = RelayMessage::new(source.address(), &destination, &message);
        let authorization = match &to {
            _ if outgoing => access::outgoing(node, source, passage),
            Recipient::Cell(cell) => match cell.mailboxes().find(&destination) {
                Some(mailbox) => access::incoming(node, mailbox, passage),
                None => Authorization::Allowed,
            },
            Recipient::Asker(_) => Authorization::Allowed,
        };
        let asked = if outgoing { source.address() } else { &destination };
        let allowed = access::answer(authorization).await.unwrap_or_else(|broken| {
            access::rule_broke(node, asked, &broken);
            false
        });
        if !allowed {
            return Err(boundary(attempt::denied(node, source, message, outgoing)));
        }
    }
    match to {
        Recipient::Cell(cell) => Ok(Some((message, cell))),
        Recipient::Asker(ask) => {
            attempt::hand_over(node, &ask, message).map(|()| None).map_err(boundary)
        }
    }
}
