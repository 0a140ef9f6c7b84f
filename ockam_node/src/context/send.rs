//! Sending: from a context's address along a route.

use super::Handle;
use crate::delivery::attempt::try_deliver;
use crate::delivery::future::Delivery;
use crate::delivery::send_error::SendError;
use crate::delivery::typed_body;
use crate::executor::spare_message;
use alloc::format;
use core::future::Future;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Mailbox, Message, Result, Route};

impl Handle {
    /// Sends a message along a route; the answer is to come to this context's address.
    ///
    /// It returns when the message is in the mailbox of the route's first hop, and waits while
    /// that mailbox is full. Messages from one sender to one recipient arrive in order.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`Stopped`](ErrorKind::Stopped),
    /// [`Denied`](ErrorKind::Denied) or [`InvalidInput`](ErrorKind::InvalidInput), with a
    /// [`SendError`] inside that holds the message; [`Full`](ErrorKind::Full) only for a worker
    /// that sends to itself through its context, which would wait for itself, and for an answer over a connection that
    /// makes no progress for `ANSWER_PATIENCE`.
    ///
    /// # Cancel safety
    /// Dropped before it returned `Ok`, the message was not sent: it can be sent again and arrives
    /// once. While it waits for room it holds a place in line, so poll it or drop it: a future that
    /// is kept and not polled can keep other senders out, until the recipient has been idle for a
    /// while.
    pub fn send<M: Message>(
        &self,
        route: impl Into<Route>,
        body: M,
    ) -> impl Future<Output = Result<()>> + Send {
        // Built here and not in the future: what the future carries is one pointer.
        let message = self.message(route, self.primary_address(), body);
        Delivery::resolving(self, self.mailboxes().primary(), message)
    }

    /// As [`send`](Self::send), from another address of this context.
    ///
    /// # Errors
    /// As [`send`](Self::send); also [`InvalidInput`](ErrorKind::InvalidInput) if `from` is not
    /// an address of this context.
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub async fn send_from_address<M: Message>(
        &self,
        route: impl Into<Route>,
        body: M,
        from: impl Into<Address>,
    ) -> Result<()> {
        let from = from.into();
        let mailbox = self.own_mailbox(&from)?;
        Delivery::resolving(self, mailbox, self.message(route, &from, body)).await
    }

    /// Sends a message if there is room for it now, without waiting.
    ///
    /// # Errors
    /// A [`SendError`] that holds the message; its kind is [`Full`](ErrorKind::Full) if the
    /// mailbox has no room.
    pub fn try_send<M: Message>(&self, route: impl Into<Route>, body: M) -> Result<(), SendError> {
        let message = self.message(route, self.primary_address(), body);
        try_deliver(self.node(), self.mailboxes().primary(), message)
    }

    /// Passes a message on along its onward route, as it is: neither route is changed.
    ///
    /// If it is a question that somebody on this node asks, and its next hop is a connection, then
    /// its answer is let in over that, as if the asker had sent it there.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub fn forward(&self, message: LocalMessage) -> impl Future<Output = Result<()>> + Send {
        self.expect_answer(&message);
        Delivery::new(self, self.mailboxes().primary(), message)
    }

    /// As [`forward`](Self::forward), if there is room for the message now, without waiting.
    ///
    /// # Errors
    /// As [`try_send`](Self::try_send).
    pub fn try_forward(&self, message: LocalMessage) -> Result<(), SendError> {
        self.expect_answer(&message);
        try_deliver(self.node(), self.mailboxes().primary(), message)
    }

    /// As [`forward`](Self::forward), from another address of this context.
    ///
    /// # Errors
    /// As [`send_from_address`](Self::send_from_address).
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub async fn forward_from_address(
        &self,
        message: LocalMessage,
        from: impl Into<Address>,
    ) -> Result<()> {
        let from = from.into();
        let mailbox = self.own_mailbox(&from)?;
        self.expect_answer(&message);
        Delivery::new(self, mailbox, message).await
    }

    /// Lets the answer to a question in that is passed on to a connection.
    #[inline]
    fn expect_answer(&self, message: &LocalMessage) {
        if self.node().flow_controls.has_producers() && message.return_route().len() == 1 {
            self.node().expect_answer(message);
        }
    }

    #[inline]
    fn message<M: Message>(
        &self,
        onward: impl Into<Route>,
        from: &Address,
        body: M,
    ) -> LocalMessage {
        spare_message().fill(onward, from, typed_body::payload(body))
    }

    fn own_mailbox(&self, from: &Address) -> Result<&Mailbox> {
        self.mailboxes().find(from).ok_or_else(|| {
            let text = || format!("{from} is not an address of {}", self.primary_address());
            Error::with_text(ErrorKind::InvalidInput, text)
        })
    }
}
