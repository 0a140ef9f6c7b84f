//! Receiving: messages out of the context's own mailbox.

use super::Context;
use crate::cell::Turn;
use crate::dead_letter::DeadLetterReason;
use crate::executor;
use alloc::format;
use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, LocalMessage, Message, Result, Routed};

/// How long `receive`, `send_and_receive` and `wait_for` wait unless told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Says how long [`Context::receive_extended`] waits.
#[derive(Clone, Debug)]
pub struct MessageReceiveOptions {
    timeout: Option<Duration>,
}

impl MessageReceiveOptions {
    /// Waits for [`DEFAULT_TIMEOUT`].
    #[must_use]
    pub fn new() -> Self {
        MessageReceiveOptions { timeout: Some(DEFAULT_TIMEOUT) }
    }

    /// Waits for a time of its own.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits for a number of seconds.
    #[must_use]
    pub fn with_timeout_secs(self, seconds: u64) -> Self {
        self.with_timeout(Duration::from_secs(seconds))
    }

    /// Waits until a message comes or the node stops.
    #[must_use]
    pub fn without_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }
}

impl Default for MessageReceiveOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Context {
    /// Waits for the next message to this context and reads it as an `M`, at most for
    /// [`DEFAULT_TIMEOUT`].
    ///
    /// # Errors
    /// [`TimedOut`](ErrorKind::TimedOut) if none came, [`Encoding`](ErrorKind::Encoding) if it is
    /// not an `M` (the message is gone; the error names its sender and both types), and
    /// [`Stopped`](ErrorKind::Stopped) once the node has stopped and the mailbox is empty.
    ///
    /// # Cancel safety
    /// No message is lost if the future is dropped.
    pub async fn receive<M: Message>(&mut self) -> Result<Routed<M>> {
        self.receive_extended(MessageReceiveOptions::new()).await
    }

    /// As [`receive`](Self::receive), with options.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    ///
    /// # Cancel safety
    /// As [`receive`](Self::receive).
    pub async fn receive_extended<M: Message>(
        &mut self,
        options: MessageReceiveOptions,
    ) -> Result<Routed<M>> {
        let message = self.next_message(options.timeout).await?;
        self.read(message)
    }

    /// Reads a message as an `M`; if it is none, an asker is told.
    fn read<M: Message>(&self, message: LocalMessage) -> Result<Routed<M>> {
        Routed::decode(message).map_err(|(error, message)| {
            let (to, from) = (self.primary_address(), message.return_route());
            let context = format!("{to} got a message from {from}");
            self.node().undelivered(&message, DeadLetterReason::Undecodable, to);
            Error::new(ErrorKind::Encoding, error).context(context)
        })
    }

    async fn next_message(&mut self, limit: Option<Duration>) -> Result<LocalMessage> {
        // The clock is read only if there is no message yet.
        let mut deadline = None;
        let mut waiting = Waiting { ctx: self, over: false };
        let taken = poll_fn(|cx| {
            if let Poll::Ready(taken) = waiting.ctx.poll_turn(Some(cx.waker()), false) {
                return Poll::Ready(Some(taken));
            }
            let Some(limit) = limit else {
                return Poll::Pending;
            };
            let deadline = *deadline.get_or_insert_with(|| executor::deadline(limit));
            {
                let Context { handle, alarm, .. } = &mut *waiting.ctx;
                alarm.poll(&handle.node().executor, deadline, cx)
            }
            .map(|()| None)
        })
        .await;
        let address = || waiting.ctx.primary_address();
        let why = match taken {
            Some(Turn::Message(message)) => {
                // The message has made the worker busy already.
                waiting.over = true;
                return Ok(message);
            }
            Some(Turn::Stop | Turn::Rest) => {
                (ErrorKind::Stopped, format!("{} receives no more: it has stopped", address()))
            }
            None => {
                let limit = limit.unwrap_or_default();
                (ErrorKind::TimedOut, format!("{} received nothing for {limit:?}", address()))
            }
        };
        Err(Error::new(why.0, why.1))
    }

    /// Takes the next message if one is there, and reads it as an `M`.
    ///
    /// # Errors
    /// [`Encoding`](ErrorKind::Encoding) as for [`receive`](Self::receive).
    pub fn try_receive<M: Message>(&mut self) -> Result<Option<Routed<M>>> {
        match self.poll_turn(None, false) {
            Poll::Ready(Turn::Message(message)) => self.read(message).map(Some),
            _ => Ok(None),
        }
    }
}

/// A context that waits for a message. Dropped before one came, its worker is busy again.
struct Waiting<'a> {
    ctx: &'a mut Context,
    over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.ctx.cell().resume(&self.ctx.node().drain);
        }
    }
}
