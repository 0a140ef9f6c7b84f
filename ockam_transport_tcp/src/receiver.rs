//! The processor that brings in what arrives over a connection, and goes on with a new socket where
//! a lost connection is made again.
//!
//! It owns reading, the other side's first byte, the return route, and the end. It refuses to know
//! whom a message may reach: its outgoing access control, the border, does.

use crate::accepted::Accepted;
use crate::backlog::Backlog;
use crate::budget::Share;
use crate::limits::Limits;
use crate::link::{CLOSED_HERE, Link, Phase};
use crate::permits::{LOST_ITS_PERMIT, Permit};
use crate::progress::Progress;
use crate::redial::Redial;
use crate::socket;
use crate::undelivered::dropped;
use crate::write_buffer::SharedWriteBuffer;
use core::future::poll_fn;
use core::pin::Pin;
use core::time::Duration;
use ockam_core::{Decoded, FrameDecoder, Processor, Result, TransportMessage, WireError};
use ockam_node::{Context, Handle, deadline};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::{Instant, timeout, timeout_at};

/// How much room a read has at first, and what an idle connection keeps.
const MIN_ROOM: usize = 4 * 1024;

/// How much room a read has at most, unless a frame in the making has more.
const MAX_ROOM: usize = 64 * 1024;

/// After this time without input a connection gives its memory back.
const IDLE_AFTER: Duration = Duration::from_secs(1);

pub(crate) struct Receiver {
    link: Arc<Link>,
    outgoing: Arc<SharedWriteBuffer>,
    stream: OwnedReadHalf,
    decoder: FrameDecoder,
    /// Of the decoder.
    max_frame_len: usize,
    /// Of the frame that is arriving.
    progress: Progress,
    /// How much room the next read gets.
    room: usize,
    /// What arrived for workers whose mailboxes are full.
    backlog: Backlog,
    handshake: Duration,
    /// Until when the other side has to say its first byte, as long as it has not.
    greeting: Option<Instant>,
    /// Since when there is this socket.
    since: Instant,
    /// The permit among the connections of a listener, given back with this.
    permit: Option<Permit>,
    /// Of what the connections of a listener hold of large frames.
    share: Option<Share>,
    redial: Option<Redial>,
    /// For the end, as long as that is not left to the sender.
    handle: Option<Handle>,
}

impl Receiver {
    pub(crate) fn new(
        link: &Arc<Link>,
        outgoing: Arc<SharedWriteBuffer>,
        stream: OwnedReadHalf,
        limits: &Limits,
        accepted: Option<Accepted>,
        redial: Option<Redial>,
    ) -> Self {
        let queued = accepted.as_ref().map(|accepted| accepted.queued.charge());
        let share = accepted.as_ref().map(|accepted| accepted.share(link));
        Receiver {
            link: Arc::clone(link),
            outgoing,
            stream,
            decoder: FrameDecoder::new().with_max_frame_len(limits.max_frame_len),
            max_frame_len: limits.max_frame_len,
            progress: Progress::new(limits.frame),
            room: MIN_ROOM,
            backlog: Backlog::new(limits.consumer_stall, queued),
            handshake: limits.handshake,
            greeting: Some(deadline(limits.handshake)),
            since: Instant::now(),
            permit: accepted.map(|accepted| accepted.permit),
            share,
            redial,
            handle: None,
        }
    }

    /// Reads once and delivers every message that is whole. The error says why nothing more comes.
    async fn round(&mut self, ctx: &Context) -> std::result::Result<(), String> {
        if self.backlog.is_empty() {
            self.read().await?;
        } else {
            let mut backlog = self.backlog.take();
            let read = backlog.during(self.read()).await;
            self.backlog = backlog;
            read?;
        }
        let (mut heard, mut decoded) = (false, 0);
        loop {
            match self.decoder.poll_message() {
                Ok(Some(Decoded::Message(message))) => {
                    decoded += 1;
                    if let Some(share) = &mut self.share {
                        share.complete();
                    }
                    self.link.traffic().messages_in.add(1);
                    let delivered = self.deliver(ctx, message);
                    if let (true, false, Some(permit)) = (delivered, heard, &self.permit) {
                        heard = true;
                        permit.heard();
                    }
                    if self.backlog.is_full() {
                        let room = self.backlog.room();
                        if Permit::is_lost_before(self.permit.as_ref(), room).await {
                            return Err(LOST_ITS_PERMIT.into());
                        }
                    }
                }
                Ok(Some(Decoded::Dropped(limit))) => {
                    decoded += 1;
                    self.link.traffic().dropped.add(1);
                    tracing::debug!(connection = %self.link, %limit, "a message was dropped");
                }
                // A heartbeat.
                Ok(Some(_)) => decoded += 1,
                Ok(None) => {
                    let held = self.decoder.buffered_len();
                    self.progress.note(decoded > 0, held);
                    if let Some(share) = &mut self.share {
                        share.note(held);
                    }
                    return Ok(());
                }
                Err(error) => return Err(self.refused(&error)),
            }
        }
    }

    /// Says what is wrong with the bytes. That a message is larger than a listener takes is told to
    /// the log once, for a program that did not expect such; a peer cannot fill the log with it.
    #[cold]
    fn refused(&self, error: &WireError) -> String {
        let is_too_large = matches!(error, WireError::FrameTooLarge { .. });
        if is_too_large && self.share.as_ref().is_some_and(Share::is_first_refusal) {
            tracing::warn!(
                connection = %self.link, %error,
                "a connection was closed: the listener's option with_max_frame_len sets the limit"
            );
        }
        error.to_string()
    }

    /// Hands a message over to the worker that its onward route names first. Tells whether that may
    /// be reached.
    fn deliver(&mut self, ctx: &Context, mut message: TransportMessage) -> bool {
        message.return_route.push_front(self.link.sender().clone());
        // The peer is not told: what the border refuses is a dead letter, and it hears nothing.
        let delivered = self.backlog.deliver(ctx, &self.link, message.into());
        if let Err(error) = &delivered {
            dropped(ctx, &self.link, error);
        }
        delivered.is_ok()
    }

    /// Waits for bytes and takes them in.
    async fn read(&mut self) -> std::result::Result<(), String> {
        let len = if let Some(greeting) = self.greeting {
            let first = async {
                // Who is silent gets no room to be so. That a socket is readable is a hint only,
                // so the limit covers the read as well.
                self.stream.readable().await?;
                self.read_some().await
            };
            let first = timeout_at(greeting, first).await;
            first.map_err(|_| {
                format!("the other side said nothing for {:?}: it is no node", self.handshake)
            })?
        } else {
            self.admit().await;
            let progress = self.progress;
            progress.limit(self.read_more()).await?
        };
        match len.map_err(|error| socket::reason(&error))? {
            0 => return Err(self.end_of_stream().into()),
            len => self.decoder.input_filled(len),
        }
        self.greeting = None;
        Ok(())
    }

    /// Waits until more of a large frame may be held.
    async fn admit(&mut self) {
        let Some(share) = self.share.as_ref().filter(|share| share.is_large()) else { return };
        let held = self.decoder.buffered_len();
        let room = self.decoder.input_room(self.room).len();
        if share.admit(held + room).await {
            // It was not the other side that waited.
            self.progress.note(true, held);
        }
    }

    /// Reads behind the first byte. An idle connection gives its memory back.
    async fn read_more(&mut self) -> io::Result<usize> {
        if self.room == MIN_ROOM {
            self.read_some().await
        } else if let Ok(read) = timeout(IDLE_AFTER, self.read_some()).await {
            read
        } else {
            self.room = MIN_ROOM;
            self.decoder.shrink(MIN_ROOM);
            self.read_some().await
        }
    }

    /// Reads as much as there is, and makes the room larger if that was too small for it.
    async fn read_some(&mut self) -> io::Result<usize> {
        let room = self.decoder.input_room(self.room);
        let size = room.len();
        let mut room = ReadBuf::new(room);
        let stream = &mut self.stream;
        // The trait's call and not `try_read`: it knows that nothing is left after a read that
        // did not fill the room, and does not ask the system again.
        poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut room)).await?;
        let len = room.filled().len();
        self.link.traffic().bytes_in.add(len);
        self.link.turn().give();
        if len == size {
            self.room = (2 * self.room).min(MAX_ROOM);
        }
        Ok(len)
    }

    fn end_of_stream(&self) -> &'static str {
        if self.greeting.is_some() {
            "the other side closed it before it said anything"
        } else if self.decoder.is_mid_frame() {
            "the other side closed it in the middle of a message"
        } else {
            "the other side closed it"
        }
    }

    /// Goes on with a new socket; `false` if there shall be none.
    async fn recover(&mut self, ctx: &Context) -> bool {
        if !self.link.reconnects() {
            return false;
        }
        let why = self.why();
        let Some(redial) = &mut self.redial else {
            return false;
        };
        redial.lost(self.greeting.is_none(), self.since.elapsed());
        redial.report(&self.link);
        ctx.fail_asks_over(self.link.receiver(), &why);
        let mut backlog = self.backlog.take();
        let stream = backlog.during(redial.connect(ctx, &self.link, self.handshake)).await;
        self.backlog = backlog;
        let Some(stream) = stream else {
            return false;
        };
        let (reading, writing) = stream.into_split();
        self.stream = reading;
        self.decoder = FrameDecoder::new().with_max_frame_len(self.max_frame_len);
        self.progress.clear();
        self.room = MIN_ROOM;
        self.since = Instant::now();
        self.greeting = Some(deadline(self.handshake));
        self.link.recover(writing)
    }

    /// Delivers what has arrived, when nothing more comes.
    async fn settle(&mut self, ctx: &Context) {
        if !self.backlog.is_empty() {
            ctx.fail_asks_over(self.link.receiver(), &self.why());
            Permit::is_lost_before(self.permit.as_ref(), self.backlog.settled()).await;
        }
    }

    /// Says why nothing comes any more.
    fn why(&self) -> String {
        match self.link.phase() {
            Phase::Up(_) => format!("{} is up", self.link),
            Phase::Broken(why) => format!("{} is down: {why}", self.link),
            Phase::Ended(why) => why.to_string(),
        }
    }
}

/// One that is gone without a `shutdown` was killed. Nobody would read, and nobody would end the
/// connection.
impl Drop for Receiver {
    fn drop(&mut self) {
        let Some(ctx) = self.handle.take() else { return };
        let why = "its receiver is gone";
        self.link.abandon(why);
        drop(self.link.end(&ctx, why));
        let sender = self.link.sender().clone();
        if ctx.is_worker_registered_at(sender.clone())
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // It has nothing to write to. That it is gone by now is as good.
            runtime.spawn(async move { ctx.stop_worker(sender).await });
        }
    }
}

impl Processor for Receiver {
    type Context = Context;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.handle = Some(ctx.handle());
        Ok(())
    }

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        let Err(why) = self.round(ctx).await else {
            return Ok(true);
        };
        // What the half that writes was told, and has written, is known once it has unlocked.
        drop(self.outgoing.lock());
        self.link.break_off(&why);
        self.link.report_failure();
        if self.recover(ctx).await {
            return Ok(true);
        }
        self.settle(ctx).await;
        drop(self.link.end(ctx, &why));
        let sender = self.link.sender();
        if ctx.is_worker_registered_at(sender.clone()) {
            ctx.stop_worker(sender.clone()).await?;
        }
        Ok(false)
    }

    /// Without a receiver nothing is answered, and a link that is down stays down: whoever waits
    /// for either is told.
    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        self.handle = None;
        match self.link.phase() {
            Phase::Up(_) => self.link.end_flow(ctx, CLOSED_HERE),
            Phase::Broken(why) => drop(self.link.end(ctx, &why)),
            Phase::Ended(_) => {}
        }
        Ok(())
    }
}
