//! Receiving: messages out of the context's own mailbox.

use super::Context;
use crate::cell::NextStep;
use crate::dead_letter::DeadLetterReason;
use crate::executor::{self, Instant};
use crate::program::discard;
use crate::text::text;
use alloc::format;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{self, Poll};
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
    pub fn receive<M: Message>(&mut self) -> impl Future<Output = Result<Routed<M>>> + Send {
        Receiving::new(self, Some(DEFAULT_TIMEOUT))
    }

    /// As [`receive`](Self::receive), with options.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    ///
    /// # Cancel safety
    /// As [`receive`](Self::receive).
    pub fn receive_extended<M: Message>(
        &mut self,
        options: MessageReceiveOptions,
    ) -> impl Future<Output = Result<Routed<M>>> + Send {
        Receiving::new(self, options.timeout)
    }

    /// Reads a message as an `M`; if it is none, an asker is told.
    fn read<M: Message>(&self, message: LocalMessage) -> Result<Routed<M>> {
        Routed::decode(message).map_err(|(error, message)| {
            let to = self.primary_address();
            let context = text(|| format!("{to} got a message from {}", message.return_route()));
            let (node, reason) = (self.node(), DeadLetterReason::Undecodable);
            node.dead_letters.record(&message, reason);
            let told = || format!("{to}");
            let told = Error::with_kind(ErrorKind::Encoding, error.clone()).context_with(told);
            node.rejected(&message, reason, self.cell(), told);
            discard(message);
            Error::with_kind(ErrorKind::Encoding, error).context_with(|| context)
        })
    }

    /// Takes the next message if one is there, and reads it as an `M`.
    ///
    /// # Errors
    /// [`Encoding`](ErrorKind::Encoding) as for [`receive`](Self::receive).
    pub fn try_receive<M: Message>(&mut self) -> Result<Option<Routed<M>>> {
        match self.poll_turn(None, false) {
            Poll::Ready(NextStep::Message(message)) => self.read(message).map(Some),
            _ => Ok(None),
        }
    }
}

/// A context that waits for a message, as the future of a `receive`. Written by hand because it is
/// on the way of every message to a program's main function.
struct Receiving<'a, M> {
    ctx: &'a mut Context,
    limit: Option<Duration>,
    /// The clock is read only if there is no message yet.
    deadline: Option<Instant>,
    /// The context counts as idle.
    waits: bool,
    reads: PhantomData<fn() -> M>,
}

impl<'a, M> Receiving<'a, M> {
    fn new(ctx: &'a mut Context, limit: Option<Duration>) -> Self {
        Receiving { ctx, limit, deadline: None, waits: false, reads: PhantomData }
    }

    fn poll_alarm(&mut self, cx: &mut task::Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let deadline = *self.deadline.get_or_insert_with(|| executor::deadline(limit));
        let Context { handle, alarm, .. } = &mut *self.ctx;
        alarm.poll(&handle.node().executor, deadline, cx)
    }

    #[cold]
    fn timed_out(&self) -> Error {
        let (to, limit) = (self.ctx.primary_address(), self.limit.unwrap_or_default());
        Error::with_text(ErrorKind::TimedOut, || format!("{to} received nothing for {limit:?}"))
    }

    #[cold]
    fn stopped(&self) -> Error {
        let text = || format!("{} receives no more: it has stopped", self.ctx.primary_address());
        Error::with_text(ErrorKind::Stopped, text)
    }
}

impl<M: Message> Future for Receiving<'_, M> {
    type Output = Result<Routed<M>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match this.ctx.poll_turn(Some(cx.waker()), false) {
            Poll::Ready(NextStep::Message(message)) => {
                // The message has made the worker busy already.
                this.waits = false;
                #[cfg(feature = "std")]
                this.ctx.note_way(&message);
                Poll::Ready(this.ctx.read(message))
            }
            Poll::Ready(NextStep::Stop | NextStep::Rest) => Poll::Ready(Err(this.stopped())),
            Poll::Pending => {
                this.waits = true;
                this.poll_alarm(cx).map(|()| Err(this.timed_out()))
            }
        }
    }
}

/// Dropped before a message came, the worker is busy again.
impl<M> Drop for Receiving<'_, M> {
    fn drop(&mut self) {
        if self.waits {
            self.ctx.cell().resume(&self.ctx.node().drain);
        }
    }
}
