//! Asking: send a message and wait for its answer.

use super::{Context, DEFAULT_TIMEOUT, Handle};
use crate::ask::{Ask, asks_itself};
use crate::cell::Cell;
use crate::delivery::Delivery;
use crate::executor::{self, until};
use crate::node::Node;
use crate::typed;
use alloc::format;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, LocalMessage, Message, Payload, Result, Route, Routed};

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
    fn new(node: &'a Node, waits: Option<&Arc<Cell>>) -> Result<Self> {
        let ask = Arc::new(Ask::new(node.random_local(), waits));
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
    pub fn send_and_receive<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
    ) -> impl Future<Output = Result<M>> + Send {
        let question = Question::new(self, route.into(), typed::payload(body), None);
        async move { read(question?.answer(Some(DEFAULT_TIMEOUT)).await?).map(Routed::body) }
    }

    /// As [`send_and_receive`](Self::send_and_receive), with options, and with the routes of the
    /// answer.
    ///
    /// # Errors
    /// As [`send_and_receive`](Self::send_and_receive).
    ///
    /// # Cancel safety
    /// As [`send_and_receive`](Self::send_and_receive).
    pub fn send_and_receive_extended<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
        options: MessageSendReceiveOptions,
    ) -> impl Future<Output = Result<Routed<M>>> + Send {
        let question = Question::new(self, route.into(), typed::payload(body), None);
        async move { read(question?.answer(options.timeout).await?) }
    }
}

/// Reads an answer as an `M`.
fn read<M: Message>(answer: LocalMessage) -> Result<Routed<M>> {
    Routed::decode(answer).map_err(|(error, message)| {
        let from = message.return_route();
        Error::new(ErrorKind::Encoding, error).context(format!("the answer from {from}"))
    })
}

/// An ask before it is sent. Built when the call is made and not in its future, so that the future
/// carries pointers and no routes.
struct Question<'a> {
    handle: &'a Handle,
    registered: Registered<'a>,
    message: LocalMessage,
}

impl<'a> Question<'a> {
    /// `waits` is the worker that does nothing else until it has the answer.
    fn new(
        handle: &'a Handle,
        route: Route,
        payload: Payload,
        waits: Option<&Arc<Cell>>,
    ) -> Result<Self> {
        let registered = Registered::new(handle.node(), waits)?;
        let message = executor::spare_message().fill(route, registered.ask.address(), payload);
        Ok(Question { handle, registered, message })
    }

    /// As [`new`](Self::new), for a context that cannot answer while it waits.
    fn of_another(ctx: &'a Context, route: Route, payload: Payload) -> Result<Self> {
        match route.first() {
            Some(first) if ctx.mailboxes().find(first).is_some() => {
                Err(Error::new(ErrorKind::InvalidInput, asks_itself(first)))
            }
            _ => Question::new(ctx, route, payload, Some(ctx.cell())),
        }
    }

    async fn answer(self, limit: Option<Duration>) -> Result<LocalMessage> {
        let Question { handle, registered, message } = self;
        let ask = &registered.ask;
        let asked = message.onward_route().last().cloned();
        let answer = pin!(async {
            let source = handle.mailboxes().primary();
            Delivery::resolving(handle, source, message).await?;
            poll_fn(|cx| ask.poll_result(cx.waker())).await
        });
        let Some(limit) = limit else {
            return answer.await;
        };
        let mut alarm = handle.node().alarms.borrow();
        let deadline = executor::deadline(limit);
        let executor = &handle.node().executor;
        until(answer, poll_fn(|cx| alarm.poll(executor, deadline, cx))).await.unwrap_or_else(|| {
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
    pub fn send_and_receive<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
    ) -> impl Future<Output = Result<M>> + Send {
        let question = Question::of_another(self, route.into(), typed::payload(body));
        async move { read(question?.answer(Some(DEFAULT_TIMEOUT)).await?).map(Routed::body) }
    }

    /// As [`Handle::send_and_receive_extended`].
    ///
    /// # Errors
    /// As [`send_and_receive`](Self::send_and_receive).
    ///
    /// # Cancel safety
    /// As [`Handle::send_and_receive`].
    pub fn send_and_receive_extended<M: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
        options: MessageSendReceiveOptions,
    ) -> impl Future<Output = Result<Routed<M>>> + Send {
        let question = Question::of_another(self, route.into(), typed::payload(body));
        async move { read(question?.answer(options.timeout).await?) }
    }
}
