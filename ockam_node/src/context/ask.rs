//! Asking: send a message and wait for its answer.

use super::{Context, DEFAULT_TIMEOUT, Handle};
use crate::ask::Ask;
use crate::deliver::deliver_resolved;
use crate::executor::{Instant, until};
use crate::node::Node;
use crate::typed;
use alloc::format;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Message, Result, Route, Routed};

/// Says how long [`send_and_receive_extended`](Handle::send_and_receive_extended) waits.
#[derive(Clone, Debug)]
pub struct MessageSendReceiveOptions {
    timeout: Option<Duration>,
}

impl MessageSendReceiveOptions {
    /// Waits for [`DEFAULT_TIMEOUT`].
    #[must_use]
    pub fn new() -> Self {
        MessageSendReceiveOptions { timeout: Some(DEFAULT_TIMEOUT) }
    }

    /// Waits for a time of its own, from sending to the answer.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits until the answer comes or cannot come any more.
    #[must_use]
    pub fn without_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }
}

impl Default for MessageSendReceiveOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// The reply slot of one ask, in the node's table as long as this lives.
struct Registered<'a> {
    node: &'a Node,
    ask: Arc<Ask>,
}

impl<'a> Registered<'a> {
    fn new(node: &'a Node) -> Result<Self> {
        let ask = Arc::new(Ask::new(node.random_local()));
        // Two of 2^128 are the same: that is an error like any other, and not a way to hang.
        node.asks.insert(ask.address(), &ask).map_err(|_| {
            Error::new(ErrorKind::AlreadyExists, "a random address was drawn twice")
        })?;
        Ok(Registered { node, ask })
    }
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        self.node.asks.remove(self.ask.address(), &self.ask);
    }
}

impl Handle {
    /// Sends a message and waits for the answer, at most for [`DEFAULT_TIMEOUT`].
    ///
    /// The answer is what arrives at the return route of the message, which is an address of its
    /// own for every ask; it does not pass through this context's mailbox.
    ///
    /// ```
    /// # use ockam_node::{Context, NodeBuilder};
    /// # use ockam_core::{Result, Routed, Worker};
    /// # struct Double;
    /// # impl Worker for Double {
    /// #     type Context = Context; type Message = u32;
    /// #     async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
    /// #         ctx.send(msg.return_route(), msg.body() * 2).await
    /// #     }
    /// # }
    /// # #[tokio::main] async fn main() -> Result<()> {
    /// let ctx = NodeBuilder::new().build()?;
    /// ctx.start_worker("double", Double).await?;
    /// assert_eq!(ctx.send_and_receive::<u32>("double", 21u32).await?, 42);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// At once what [`send`](Self::send) returns; [`Failed`](ErrorKind::Failed),
    /// [`Stopped`](ErrorKind::Stopped) or [`Encoding`](ErrorKind::Encoding) as soon as a recipient
    /// on this node fails, panics, stops or cannot read the message; `Encoding` also if the answer
    /// is not an `M`; [`TimedOut`](ErrorKind::TimedOut) if no answer came.
    ///
    /// # Cancel safety
    /// Dropped, the ask is over and its address is gone; the message may have been sent.
    pub async fn send_and_receive<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
    ) -> Result<M> {
        let options = MessageSendReceiveOptions::new();
        self.send_and_receive_extended(route, body, options).await.map(Routed::body)
    }

    /// As [`send_and_receive`](Self::send_and_receive), with options, and with the routes of the
    /// answer.
    ///
    /// # Errors
    /// As [`send_and_receive`](Self::send_and_receive).
    ///
    /// # Cancel safety
    /// As [`send_and_receive`](Self::send_and_receive).
    pub async fn send_and_receive_extended<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
        options: MessageSendReceiveOptions,
    ) -> Result<Routed<M>> {
        let route = route.into();
        let payload = typed::payload(body);
        let answer = self.ask(route, payload, options.timeout).await?;
        Routed::decode(answer).map_err(|(error, message)| {
            let from = message.return_route();
            Error::new(ErrorKind::Encoding, error).context(format!("the answer from {from}"))
        })
    }

    async fn ask(
        &self,
        route: Route,
        payload: ockam_core::Payload,
        timeout: Option<Duration>,
    ) -> Result<LocalMessage> {
        let registered = Registered::new(self.node())?;
        let ask = &registered.ask;
        let asked: Option<Address> = route.last().cloned();
        let message = LocalMessage::build(route, ask.address(), payload);
        let answer = async {
            let source = self.mailboxes().primary();
            deliver_resolved(self, source, message).await?;
            poll_fn(|cx| ask.poll_result(cx.waker())).await
        };
        let Some(limit) = timeout else {
            return answer.await;
        };
        let mut alarm = self.node().alarms.borrow();
        let deadline = Instant::now() + limit;
        until(answer, poll_fn(|cx| alarm.poll(deadline, cx))).await.unwrap_or_else(|| {
            let from = asked.unwrap_or_default();
            let text = format!("no answer from {from} for {limit:?}");
            Err(Error::new(ErrorKind::TimedOut, text))
        })
    }
}

/// The same two calls for a worker, which must not wait for itself.
impl Context {
    /// As [`Handle::send_and_receive`].
    ///
    /// # Errors
    /// As [`Handle::send_and_receive`]; also [`InvalidInput`](ErrorKind::InvalidInput) if the
    /// first hop is this context itself, which could not answer while it waits.
    ///
    /// # Cancel safety
    /// As [`Handle::send_and_receive`].
    pub async fn send_and_receive<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
    ) -> Result<M> {
        let route = self.of_another(route.into())?;
        Handle::send_and_receive(self, route, body).await
    }

    /// As [`Handle::send_and_receive_extended`].
    ///
    /// # Errors
    /// As [`send_and_receive`](Self::send_and_receive).
    ///
    /// # Cancel safety
    /// As [`Handle::send_and_receive`].
    pub async fn send_and_receive_extended<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
        options: MessageSendReceiveOptions,
    ) -> Result<Routed<M>> {
        let route = self.of_another(route.into())?;
        Handle::send_and_receive_extended(self, route, body, options).await
    }

    fn of_another(&self, route: Route) -> Result<Route> {
        match route.first() {
            Some(first) if self.mailboxes().find(first).is_some() => {
                let text = format!(
                    "{first} asks itself and would wait forever: handle the message directly, or \
                     `send` it and go on"
                );
                Err(Error::new(ErrorKind::InvalidInput, text))
            }
            _ => Ok(route),
        }
    }
}
