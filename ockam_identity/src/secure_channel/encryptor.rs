//! The worker whose address stands for a channel: it encrypts what it is sent, and sends it to the
//! other end.

#[cfg(feature = "std")]
use super::asked::Ways;
#[cfg(feature = "std")]
use super::direct::{self, Direct};
use super::ends::Ends;
use super::sealing::Sealing;
use crate::channel::{ChannelError, ChannelMessage, Sealer};
#[cfg(feature = "std")]
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use ockam_core::{
    Any, Error, ErrorKind, LocalMessage, MAX_FRAME_LEN, NeutralMessage, Result, Route, Routed,
    TransportMessage, Worker,
};
use ockam_node::{Context, DeadLetterReason};

/// The most bytes that the body of a message through a channel may have: what fits into a frame of
/// the wire together with 64 KiB of routes, inside and outside.
///
/// It is the most that any transport carries. By default a TCP connection carries less towards the
/// node that listens: 4 MiB with the routes. A larger message is refused there, after it was encrypted:
/// the log has it, the channel goes on, and whoever waits for its answer waits until its own limit. The
/// options `TcpConnectionOptions::with_max_sent_frame_len` and `TcpListenerOptions::with_max_frame_len`
/// together allow more.
pub const MAX_CHANNEL_BODY_LEN: usize = MAX_FRAME_LEN - 64 * 1024;

pub(super) struct Encryptor {
    ends: Arc<Ends>,
    sealer: Sealing,
    /// The last message of the handshake, or the confirmation, which goes before all others.
    greeting: Option<LocalMessage>,
}

impl Encryptor {
    pub(super) fn new(ends: Arc<Ends>, sealer: Sealer, greeting: Option<LocalMessage>) -> Self {
        Encryptor { ends, sealer: Sealing::new(sealer), greeting }
    }

    #[cfg(feature = "std")]
    pub(super) fn sealing(&self) -> Sealing {
        self.sealer.clone()
    }

    /// Makes the way past the mailbox.
    #[cfg(feature = "std")]
    pub(super) fn direct(&self) -> Direct {
        Direct::new(Arc::clone(&self.ends), self.sealer.clone())
    }

    /// Says what became of the channel when a message could not be encrypted.
    #[cold]
    async fn not_sealed(&self, ctx: &Context, error: ChannelError) -> Error {
        if error == ChannelError::Exhausted
            && let Err(error) = ctx.stop_worker(self.ends.encryptor.clone()).await
        {
            return error;
        }
        Error::with_cause(ErrorKind::Failed, error)
    }

    /// Takes a message that goes to a worker at the other end.
    async fn handle_data(&mut self, ctx: &Context, mut message: LocalMessage) -> Result<()> {
        #[cfg(feature = "std")]
        if direct::is_sealed(&self.ends, &message) {
            return self.send_sealed(ctx, message).await;
        }
        check_body(&message)?;
        loop {
            match self.sealer.with(|sealer| encrypt(&self.ends, sealer, &mut message)) {
                Some(Ok(())) => return self.send_on(ctx, message).await,
                Some(Err(error)) => return Err(self.not_sealed(ctx, error).await),
                None => {
                    if let Err(error) = self.keys_again(ctx).await {
                        ctx.reject(&message, DeadLetterReason::Unsendable, error);
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Sends a message that was encrypted where it was sent, unless the keys are others by now.
    #[cfg(feature = "std")]
    #[cold]
    async fn send_sealed(&self, ctx: &Context, message: LocalMessage) -> Result<()> {
        if direct::is_stale(&self.ends, &message) {
            let (address, peer) = (&self.ends.encryptor, &self.ends.peer);
            let text =
                || format!("the secure channel {address} with {peer} was made again meanwhile");
            let error = Error::with_text(ErrorKind::Stopped, text);
            ctx.reject(&message, DeadLetterReason::Unsendable, error);
            return Ok(());
        }
        ctx.forward(direct::unwrap(&self.ends, message)).await
    }

    /// Waits until the channel is made again.
    ///
    /// # Errors
    /// Why messages wait no longer.
    #[cold]
    #[cfg_attr(not(feature = "std"), allow(clippy::unused_async))]
    async fn keys_again(&self, ctx: &Context) -> Result<()> {
        #[cfg(feature = "std")]
        if let Some(healing) = &self.ends.healing {
            let again = Box::pin(healing.keys_again(ctx)).await;
            return again.map_err(|outage| self.ends.down(&outage));
        }
        let _ = ctx;
        Err(Error::with_text(ErrorKind::Stopped, || self.ends.epitaph()))
    }

    /// Takes a content that this end itself has written.
    async fn handle_control(&mut self, ctx: &Context, message: LocalMessage) -> Result<()> {
        let mut buffer: Vec<u8> = message.into_transport_message().payload.into();
        // A heartbeat is a message to a worker as others are: the peer follows the way that it shows.
        let back = match ChannelMessage::is_data_in(&buffer) {
            true => Route::new(),
            false => ctx.address().into(),
        };
        loop {
            match self.sealer.with(|sealer| sealer.seal(&mut buffer)) {
                Some(Ok(())) => break,
                Some(Err(error)) => return Err(self.not_sealed(ctx, error).await),
                // Behind a new handshake the peer has been shown the newest anyway.
                None => match self.keys_again(ctx).await {
                    Ok(()) => {}
                    Err(error) => {
                        tracing::debug!(address = %ctx.address(), %error, "not shown");
                        return Ok(());
                    }
                },
            }
        }
        let message = TransportMessage::new(self.ends.remote(), back, buffer);
        self.send_on(ctx, message.into()).await
    }

    /// Sends an encrypted message along the known way, and while that is in doubt along the one that
    /// was asked for.
    #[cfg_attr(not(feature = "std"), allow(unused_mut, clippy::unused_self))]
    async fn send_on(&self, ctx: &Context, mut message: LocalMessage) -> Result<()> {
        #[cfg(feature = "std")]
        match self.ends.asked.ways(message.onward_route()) {
            Ways::Known => {}
            Ways::Both(way) => return Box::pin(send_both(ctx, message, way)).await,
            Ways::Asked(way) if is_there(ctx, &way) => message.transport_mut().onward_route = way,
            Ways::Asked(_) => {}
        }
        ctx.forward(message).await
    }

    /// Tells the other end that this one ends, if there is room for it at once.
    fn say_goodbye(&mut self, ctx: &Context) {
        let mut buffer = self.ends.last_word(ctx).to_buffer();
        if let Some(Ok(())) = self.sealer.with(|sealer| sealer.seal(&mut buffer)) {
            // Nobody may be there any more, and a close that is lost does no harm.
            let _ = ctx.try_send(self.ends.remote(), NeutralMessage::from(buffer));
        }
    }
}

/// Sends an encrypted message along its way, and a copy along another one. The sender is told an error
/// only if neither was taken.
#[cfg(feature = "std")]
#[cold]
async fn send_both(ctx: &Context, message: LocalMessage, way: Route) -> Result<()> {
    // What is sent where nobody is counts as lost, which it is not if the other way takes it.
    if !is_there(ctx, &way) {
        return ctx.forward(message).await;
    }
    let mut copy = message.transport().clone();
    copy.onward_route = way;
    if !is_there(ctx, message.onward_route()) {
        return ctx.forward(copy.into()).await;
    }
    let have_one_hop = message.onward_route().first() == copy.onward_route.first();
    let sent = ctx.forward(message).await;
    if sent.is_err() && have_one_hop {
        return sent;
    }
    let copied = ctx.forward(copy.into()).await;
    sent.or(copied)
}

/// Tells whether the first hop of a way is there.
#[cfg(feature = "std")]
fn is_there(ctx: &Context, way: &Route) -> bool {
    way.first().is_some_and(|hop| ctx.is_worker_registered_at(hop.clone()))
}

/// Checks that a channel carries the body of a message. A typed body is encoded here, so that
/// nothing of the program's runs while a sealer is locked.
pub(super) fn check_body(message: &LocalMessage) -> Result<()> {
    let body = message.payload().to_bytes();
    let len = body.map_err(|why| Error::with_cause(ErrorKind::Encoding, why))?.len();
    if len <= MAX_CHANNEL_BODY_LEN {
        return Ok(());
    }
    Err(Error::with_text(ErrorKind::InvalidInput, || {
        format!(
            "a body of {len} bytes is larger than the {MAX_CHANNEL_BODY_LEN} that a secure \
             channel carries: send less at a time"
        )
    }))
}

/// Makes the message that goes over the wire of one that goes to a worker at the other end, and
/// whose body was checked. One that is refused is as it was.
pub(super) fn encrypt(
    ends: &Ends,
    sealer: &mut Sealer,
    message: &mut LocalMessage,
) -> core::result::Result<(), ChannelError> {
    let transport = message.transport_mut();
    let own = transport.onward_route.pop_front();
    let mut buffer = ChannelMessage::data_to_buffer(transport);
    if let Err(error) = sealer.seal(&mut buffer) {
        own.into_iter().for_each(|own| transport.onward_route.push_front(own));
        return Err(error);
    }
    *transport = TransportMessage::new(ends.remote(), Route::new(), buffer);
    if !message.local_info().is_empty() {
        message.local_info_mut().clear();
    }
    Ok(())
}

impl Worker for Encryptor {
    type Context = Context;
    type Message = Any;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        match self.greeting.take() {
            Some(greeting) => {
                self.ends.greets();
                ctx.forward(greeting).await
            }
            None => Ok(()),
        }
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let is_control = msg.msg_addr() == self.ends.control;
        let message = msg.into_local_message();
        if is_control {
            self.handle_control(ctx, message).await
        } else {
            self.handle_data(ctx, message).await
        }
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        let is_first = self.ends.begin_end(ctx);
        if !self.ends.closed_by_peer.load(Ordering::Acquire) {
            self.say_goodbye(ctx);
        }
        ctx.end_flow(&self.ends.decryptor, self.ends.epitaph());
        if is_first {
            // It may have ended already.
            let _ = ctx.stop_worker(self.ends.decryptor.clone()).await;
        }
        Ok(())
    }
}
