//! Asking: send a message and wait for its answer.

use super::{DEFAULT_TIMEOUT, Handle};
use crate::ask::future::Asking;
use crate::delivery::typed_body;
use core::convert;
use core::future::Future;
use core::time::Duration;
use ockam_core::{Message, Result, Route, Routed};

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
    /// At once what [`send`](Self::send) returns, and [`InvalidInput`](ockam_core::ErrorKind::InvalidInput)
    /// for a question that a context asks itself, which could not answer while it waits (a clone of the handle,
    /// in another task, may ask); [`Failed`](ockam_core::ErrorKind::Failed),
    /// [`Stopped`](ockam_core::ErrorKind::Stopped) or [`Encoding`](ockam_core::ErrorKind::Encoding) as soon as a recipient
    /// on this node fails, panics, stops or cannot read the message; `Encoding` also if the answer
    /// is not a `Reply`; [`TimedOut`](ockam_core::ErrorKind::TimedOut) if no answer came.
    ///
    /// # Cancel safety
    /// Dropped, the ask is over and its address is gone; the message may have been sent. An answer
    /// that comes then is a dead letter.
    pub fn send_and_receive<Reply: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
    ) -> impl Future<Output = Result<Reply>> + Send {
        Asking::new(
            self,
            route.into(),
            typed_body::payload(body),
            Some(DEFAULT_TIMEOUT),
            Routed::body,
        )
    }

    /// As [`send_and_receive`](Self::send_and_receive), with options, and with the routes of the
    /// answer.
    ///
    /// # Errors
    /// As [`send_and_receive`](Self::send_and_receive).
    ///
    /// # Cancel safety
    /// As [`send_and_receive`](Self::send_and_receive).
    pub fn send_and_receive_extended<Reply: Message>(
        &self,
        route: impl Into<Route>,
        body: impl Message,
        options: MessageSendReceiveOptions,
    ) -> impl Future<Output = Result<Routed<Reply>>> + Send {
        Asking::new(
            self,
            route.into(),
            typed_body::payload(body),
            options.timeout,
            convert::identity,
        )
    }
}
