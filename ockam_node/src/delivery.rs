//! A message on its way to a mailbox, as the future that its sender awaits.
//!
//! ```text
//!   New ──> into the mailbox ─────────────────────────────> Done
//!    │ └──> the mailbox is full: InLine ── its turn ──────────┤
//!    └────> a transport or an access control takes time: Slow ┘
//! ```
//!
//! It is written by hand because every send has one: it is five words, which a caller's future
//! carries and moves for next to nothing, and the first state is all that most of them see.

use crate::ask::Ask;
use crate::cell::{Cell, Kind};
use crate::context::Handle;
use crate::deliver::{self, Step};
use crate::inbox::InLine;
use crate::node::Node;
use crate::send_error::{SendError, SendErrorReason, boundary};
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use ockam_core::{Address, Authorization, Error, LocalMessage, Mailbox, RelayMessage};

/// Delivers a message to the first hop of its onward route, waiting for room if there is none.
///
/// # Cancel safety
/// Dropped before it is done, the message is not sent, and others in line move up.
pub(crate) struct Delivery<'a> {
    handle: &'a Handle,
    /// Nothing once it is done, so that there is nothing to drop.
    state: Option<State<'a>>,
}

enum State<'a> {
    New {
        source: &'a Mailbox,
        message: LocalMessage,
        /// The route names a transport.
        unresolved: bool,
    },
    InLine(Place),
    Slow(Slow<'a>),
}

/// What is rare is boxed.
type Slow<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

impl<'a> Delivery<'a> {
    /// Delivers a message on a route of which nothing is resolved any more.
    #[inline]
    pub(crate) fn new(handle: &'a Handle, source: &'a Mailbox, message: LocalMessage) -> Self {
        Delivery { handle, state: Some(State::New { source, message, unresolved: false }) }
    }

    /// As [`new`](Self::new), on a route that a program wrote: a hop that belongs to a transport is
    /// replaced by the worker that leads there.
    #[inline]
    pub(crate) fn resolving(
        handle: &'a Handle,
        source: &'a Mailbox,
        message: LocalMessage,
    ) -> Self {
        let unresolved = is_unresolved(&message);
        Delivery { handle, state: Some(State::New { source, message, unresolved }) }
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
            Step::Full(message, cell) => match enter(handle, cell, message, Some(cx.waker())) {
                Ok(Some(place)) => {
                    self.state = Some(State::InLine(place));
                    return Poll::Pending;
                }
                Ok(None) => None,
                Err(error) => return Poll::Ready(Err(boundary(error))),
            },
            Step::Authorize(message, cell) => {
                let slow = authorize_and_enter(handle, source, cell, message);
                Some(State::Slow(Box::pin(slow)))
            }
            Step::AuthorizeAnswer(message, ask) => {
                let slow = authorize_answer(handle.node(), source, ask, message);
                Some(State::Slow(Box::pin(slow)))
            }
        };
        self.poll_waiting(cx)
    }

    #[cold]
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let polled = match &mut self.state {
            Some(State::InLine(place)) => {
                place.poll(self.handle.node(), cx.waker()).map_err(boundary)
            }
            Some(State::Slow(slow)) => slow.as_mut().poll(cx),
            Some(State::New { .. }) | None => Poll::Ready(Ok(())),
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
            Some(State::New { source, message, unresolved: false }) => {
                return match deliver::begin(this.handle.node(), source, message) {
                    Ok(Step::Done) => Poll::Ready(Ok(())),
                    Ok(step) => this.wait(source, step, cx),
                    Err(error) => Poll::Ready(Err(boundary(error))),
                };
            }
            Some(State::New { source, message, unresolved: true }) => {
                let slow = resolve_and_deliver(this.handle, source, message);
                this.state = Some(State::Slow(Box::pin(slow)));
            }
            waiting => this.state = waiting,
        }
        this.poll_waiting(cx)
    }
}

/// Tells whether a hop of a message's route belongs to a transport.
#[inline]
pub(crate) fn is_unresolved(message: &LocalMessage) -> bool {
    message.onward_route().iter().any(|hop| !hop.is_local())
}

/// Replaces the hop of a transport in a message's route.
pub(crate) async fn resolve(
    handle: &Handle,
    mut message: LocalMessage,
) -> Result<LocalMessage, Error> {
    match handle.resolve(message.onward_route()).await {
        Ok(route) => {
            message.transport_mut().onward_route = route;
            Ok(message)
        }
        Err(error) => {
            let (kind, why) = (error.kind(), format!("{error:#}"));
            let reason = SendErrorReason::Unresolved { kind, why };
            Err(boundary(SendError::new(reason, message)))
        }
    }
}

async fn resolve_and_deliver(
    handle: &Handle,
    source: &Mailbox,
    message: LocalMessage,
) -> Result<(), Error> {
    let message = resolve(handle, message).await?;
    Delivery::new(handle, source, message).await
}

/// A place in the line of a full mailbox, left when the sender goes away.
struct Place {
    cell: Arc<Cell>,
    ticket: u32,
    /// The message is not in the line any more.
    left: bool,
}

impl Place {
    /// Waits until the message is in the mailbox.
    fn poll(&mut self, node: &Arc<Node>, waker: &Waker) -> Poll<Result<(), SendError>> {
        let result = match self.cell.look_in_line(self.ticket, waker) {
            InLine::Waiting => return Poll::Pending,
            InLine::Accepted => Ok(()),
            InLine::Closed(message) => Err(deliver::stopped(node, &self.cell, message)),
        };
        self.left = true;
        Poll::Ready(result)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.left {
            drop(self.cell.leave_line(self.ticket));
        }
    }
}

/// Pushes a message, or stands in line if the mailbox is full; `waker` is woken when its turn has
/// come.
fn enter(
    handle: &Handle,
    cell: Arc<Cell>,
    mut message: LocalMessage,
    waker: Option<&Waker>,
) -> Result<Option<Place>, SendError> {
    let node = handle.node();
    // Nobody but the worker itself could make room for what it waits to send to itself.
    let to_itself = cell.kind() == Kind::Worker && Arc::ptr_eq(&cell, handle.cell());
    loop {
        message = match deliver::push(node, &cell, message) {
            Ok(None) => return Ok(None),
            Ok(Some(message)) if to_itself => {
                return Err(SendError::new(deliver::full(&cell), message));
            }
            Ok(Some(message)) => message,
            Err(message) => return Err(deliver::stopped(node, &cell, message)),
        };
        match cell.stand_in_line(message, waker) {
            Ok(ticket) => return Ok(Some(Place { cell, ticket, left: false })),
            Err(back) => message = back,
        }
    }
}

/// Delivers a message once both access controls have answered.
async fn authorize_and_enter(
    handle: &Handle,
    source: &Mailbox,
    cell: Arc<Cell>,
    message: LocalMessage,
) -> Result<(), Error> {
    let node = handle.node();
    let message = authorize(node, source, Some(&cell), message).await.map_err(boundary)?;
    match enter(handle, cell, message, None).map_err(boundary)? {
        Some(mut place) => poll_fn(|cx| place.poll(node, cx.waker())).await.map_err(boundary),
        None => Ok(()),
    }
}

/// Delivers the answer to an ask once the sender's access control has answered.
async fn authorize_answer(
    node: &Arc<Node>,
    source: &Mailbox,
    ask: Arc<Ask>,
    message: LocalMessage,
) -> Result<(), Error> {
    let message = authorize(node, source, None, message).await.map_err(boundary)?;
    deliver::hand_over(node, &ask, message).map_err(boundary)
}

/// Asks access controls that answer later. Without a cell the message is the answer to an ask,
/// and only the sender's own access control has a say.
async fn authorize(
    node: &Arc<Node>,
    source: &Mailbox,
    cell: Option<&Cell>,
    message: LocalMessage,
) -> Result<LocalMessage, SendError> {
    let destination = message.onward_route().first().cloned().unwrap_or_default();
    let mailbox = cell.and_then(|cell| cell.mailboxes().find(&destination));
    let passage = RelayMessage::new(source.address(), &destination, &message);
    let allowed = answer(source.outgoing(passage), source.address()).await;
    if !allowed {
        return Err(deliver::denied(node, source, message, true));
    }
    if let Some(mailbox) = mailbox {
        let allowed = answer(mailbox.incoming(passage), &destination).await;
        if !allowed {
            return Err(deliver::denied(node, source, message, false));
        }
    }
    Ok(message)
}

async fn answer(authorization: Authorization<'_>, address: &Address) -> bool {
    match authorization {
        Authorization::Allowed => true,
        Authorization::Denied => false,
        Authorization::Later(answer) => match answer.await {
            Ok(allowed) => allowed,
            Err(error) => {
                tracing::error!(%address, %error, "an access control failed, which denies");
                false
            }
        },
    }
}
