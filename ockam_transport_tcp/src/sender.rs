//! The worker that messages are routed to that shall leave through a connection.
//!
//! It owns what is taken off a route, when bytes are written, and what becomes of messages that
//! cannot be. It refuses to know what arrives.

use crate::close::close;
use crate::direct::only_says_go_on;
use crate::limits::{CLOSE_PATIENCE, QUEUED_GRACE};
use crate::link::{CLOSED_HERE, Link, Phase};
use crate::socket;
use crate::write_buffer::{SharedWriteBuffer, WriteBuffer};
use core::time::Duration;
use ockam_core::{Any, Error, ErrorKind, LocalMessage, Result, Routed, Worker};
use ockam_node::{ByteBudget, Context, DeadLetterReason, is_told};
use std::io;
use std::sync::Arc;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// How often a sender that cannot write looks whether answers were refused because of that.
const LOOK_AFTER: Duration = Duration::from_millis(250);

/// How long a sender that finds its socket closed waits for the receiver to say why.
const REASON_PATIENCE: Duration = Duration::from_millis(100);

pub(crate) struct Sender {
    link: Arc<Link>,
    phase: watch::Receiver<Phase>,
    /// The socket, as long as `phase` has not changed.
    stream: Option<Arc<OwnedWriteHalf>>,
    outgoing: Arc<SharedWriteBuffer>,
    write_stall: Duration,
    /// What all connections of the listener hold of messages that wait.
    queued: Option<ByteBudget>,
}

impl Sender {
    pub(crate) fn new(
        link: &Arc<Link>,
        outgoing: &Arc<SharedWriteBuffer>,
        write_stall: Duration,
        queued: Option<ByteBudget>,
    ) -> Self {
        let (link, outgoing, phase) = (Arc::clone(link), Arc::clone(outgoing), link.follow());
        Sender { link, phase, stream: None, outgoing, write_stall, queued }
    }

    /// Finds the socket to write to, and waits for a new one where there will be one.
    async fn socket(&mut self) -> std::result::Result<Arc<OwnedWriteHalf>, Arc<str>> {
        loop {
            // The other half lives in the link, so it is never an error.
            let changed = self.phase.has_changed().unwrap_or(true);
            if let Some(stream) = self.stream.as_ref().filter(|_| !changed) {
                return Ok(Arc::clone(stream));
            }
            let phase = self.phase.borrow_and_update().clone();
            match phase {
                Phase::Up(stream) => {
                    self.stream = Some(Arc::clone(&stream));
                    return Ok(stream);
                }
                Phase::Broken(_) if self.link.reconnects() => {
                    self.stream = None;
                    let _ = self.phase.changed().await;
                }
                Phase::Broken(why) => return Err(self.link.ended(&why).into()),
                Phase::Ended(why) => return Err(why),
            }
        }
    }

    /// Takes a message, and those that wait behind it, as one batch for a socket. Gives the message
    /// back if there is another socket by now.
    fn gather(
        &self,
        ctx: &mut Context,
        stream: &Arc<OwnedWriteHalf>,
        first: LocalMessage,
    ) -> Result<Option<LocalMessage>> {
        let mut buffer = self.outgoing.lock();
        // Who writes past the mailbox may have begun on the new one.
        if self.phase.has_changed().unwrap_or(false) {
            return Ok(Some(first));
        }
        let stale = buffer.stale(stream);
        if !stale.is_empty() {
            self.reject(ctx, stale, &self.link.ended("its socket failed"));
        }
        self.add(ctx, &mut buffer, first);
        while !buffer.is_full()
            && let Some(next) = ctx.try_receive::<Any>()?
        {
            self.add(ctx, &mut buffer, next.into_local_message());
        }
        Ok(None)
    }

    /// Adds a message to the batch; one that cannot be written is accounted for, and only that.
    fn add(&self, ctx: &Context, buffer: &mut WriteBuffer, mut message: LocalMessage) {
        if only_says_go_on(&message) {
            return;
        }
        let onward_route = &mut message.transport_mut().onward_route;
        onward_route.pop_front();
        if onward_route.is_empty() {
            let text =
                format!("the route ends at {}: add the address of a worker behind it", self.link);
            return ctx.reject(
                &message,
                DeadLetterReason::Unsendable,
                Error::with_kind(ErrorKind::InvalidInput, text),
            );
        }
        if let Err((error, message)) = buffer.add(message) {
            let error = error.add_context(format!("sending over {}", self.link));
            self.tell(&error);
            ctx.reject(&message, DeadLetterReason::Unsendable, error);
        }
    }

    /// Tells the log of a message that cannot be sent, the first of a connection and then at powers
    /// of ten: the peer may ask for answers that are too large.
    #[cold]
    fn tell(&self, error: &Error) {
        let unsent = &self.link.traffic().unsent;
        unsent.add(1);
        let (count, error) = (unsent.value(), format_args!("{error:#}"));
        if is_told(count) {
            tracing::error!(count, %error, "a message was not sent");
        } else {
            tracing::debug!(count, %error, "a message was not sent");
        }
    }

    /// Writes the batch.
    async fn write(
        &self,
        ctx: &Context,
        stream: &Arc<OwnedWriteHalf>,
    ) -> std::result::Result<(), String> {
        while !self.try_write(stream).map_err(|error| socket::reason(&error))? {
            self.writable(ctx, stream).await?;
            ctx.made_progress();
        }
        Ok(())
    }

    /// Waits until the other side has taken something: for the stall timeout, unless answers to
    /// what it asked have been refused because of it, or the listener needs the bytes that wait.
    async fn writable(
        &self,
        ctx: &Context,
        stream: &Arc<OwnedWriteHalf>,
    ) -> std::result::Result<(), String> {
        let begun = Instant::now();
        loop {
            let left = self.patience().saturating_sub(begun.elapsed());
            match timeout(left.min(LOOK_AFTER), stream.writable()).await {
                Ok(ready) => return ready.map_err(|error| socket::reason(&error)),
                Err(_) if left <= LOOK_AFTER => return Err(self.stalled(stream, begun.elapsed())),
                Err(_) if ctx.is_stalled() => {
                    return Err("the other side asks and reads no answers".into());
                }
                Err(_) => {}
            }
        }
    }

    /// Writes what the socket takes now; `true` if that was all.
    fn try_write(&self, stream: &Arc<OwnedWriteHalf>) -> io::Result<bool> {
        let mut buffer = self.outgoing.lock();
        let written = buffer.write(stream);
        let is_written = written.inspect_err(|error| self.link.write_failed(stream, error))?;
        if is_written {
            self.link.traffic().count_out(stream.as_ref().as_ref(), buffer.sent());
        }
        Ok(is_written)
    }

    /// Returns how long the other side may take nothing, as things are.
    fn patience(&self) -> Duration {
        let is_taken = self.queued.as_ref().is_some_and(ByteBudget::is_taken);
        if is_taken { self.write_stall.min(QUEUED_GRACE) } else { self.write_stall }
    }

    fn stalled(&self, stream: &Arc<OwnedWriteHalf>, after: Duration) -> String {
        let why = if after >= self.write_stall {
            format!("the other side read nothing for {:?}", self.write_stall)
        } else {
            format!(
                "the other side read nothing for {QUEUED_GRACE:?} while its listener held all the \
                 bytes that may wait"
            )
        };
        self.link.break_off_from(stream, &why);
        why
    }

    /// Accounts for all messages that are here, and for `first`: they will not be sent.
    fn give_up(&self, ctx: &mut Context, first: LocalMessage, why: &str) {
        let begun = self.outgoing.lock().finish();
        let rest =
            std::iter::from_fn(|| Some(ctx.try_receive::<Any>().ok()??.into_local_message()));
        let all: Vec<_> = begun.into_iter().chain([first]).chain(rest).collect();
        self.reject(ctx, all, why);
    }

    /// Accounts for messages that will not be sent.
    fn reject(&self, ctx: &Context, messages: Vec<LocalMessage>, why: &str) {
        for message in messages.into_iter().filter(|message| !only_says_go_on(message)) {
            let error = Error::with_kind(ErrorKind::Stopped, why);
            ctx.reject(&message, DeadLetterReason::Stopped, error);
        }
    }
}

/// Without it nothing is written any more. The receiver finds the socket closed and ends the rest.
impl Drop for Sender {
    fn drop(&mut self) {
        self.link.abandon("its sender is gone");
    }
}

impl Worker for Sender {
    type Context = Context;
    type Message = Any;

    /// Sends a message, and those that wait behind it, as one batch.
    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        let stream = loop {
            let stream = match self.socket().await {
                Ok(stream) => stream,
                Err(why) => {
                    self.give_up(ctx, message, &why);
                    return Ok(());
                }
            };
            match self.gather(ctx, &stream, message)? {
                Some(back) => message = back,
                None => break stream,
            }
        };
        if let Err(why) = self.write(ctx, &stream).await {
            self.stream = None;
            // Whoever had the error of the socket before this is about to say what it was.
            let _ = timeout(REASON_PATIENCE, self.phase.changed()).await;
            self.link.break_off_from(&stream, &why);
            let why = self.link.failure().unwrap_or_else(|| self.link.ended(&why).into());
            // What waits in the mailbox may go over the next socket, if there will be one.
            let begun = self.outgoing.lock().finish();
            if !begun.is_empty() && !self.link.reconnects() {
                self.link.lost_the_tail(&why);
            }
            self.reject(ctx, begun, &why);
        }
        Ok(())
    }

    /// Closes the connection in good order. When the node stops its receiver has stopped before.
    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        let stream = self.link.end(ctx, CLOSED_HERE);
        // Also that of a link whose socket has failed: it may be making the connection again.
        let receiver = self.link.receiver();
        if ctx.is_worker_registered_at(receiver.clone()) {
            ctx.stop_processor(receiver.clone()).await?;
        }
        if let Some(stream) = stream {
            let stream = stream.as_ref().as_ref();
            if let Err(why) = close(stream, CLOSE_PATIENCE, self.write_stall).await {
                self.link.traffic().count_lost(stream);
                let why = format!("{} was closed, but {why}", self.link);
                self.link.lost_the_tail(&why);
                return Err(Error::with_kind(ErrorKind::Io, why));
            }
        }
        Ok(())
    }
}
