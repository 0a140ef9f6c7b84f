//! The worker whose address stands for a channel: it encrypts what it is sent, and sends it to the
//! other end.

use super::ends::Ends;
use crate::channel::{ChannelError, ChannelMessage, Sealer};
use crate::vault::Secret;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
use ockam_core::{
    Any, Error, ErrorKind, LocalMessage, MAX_FRAME_LEN, NeutralMessage, Result, Route, Routed,
    TransportMessage, Worker,
};
use ockam_node::Context;

/// The most bytes that the body of a message through a channel may have: what fits into a frame of
/// the wire together with 64 KiB of routes, inside and outside.
pub const MAX_CHANNEL_BODY_LEN: usize = MAX_FRAME_LEN - 64 * 1024;

pub(super) struct Encryptor {
    ends: Arc<Ends>,
    sealer: Sealer,
    /// The last message of the handshake, which goes before all others.
    greeting: Option<LocalMessage>,
}

impl Encryptor {
    pub(super) fn new(ends: Arc<Ends>, key: &Secret<32>, greeting: Option<LocalMessage>) -> Self {
        Encryptor { ends, sealer: Sealer::new(key), greeting }
    }

    /// Encrypts a content in its buffer.
    async fn seal(&mut self, ctx: &Context, buffer: &mut Vec<u8>) -> Result<()> {
        match self.sealer.seal(buffer) {
            Ok(()) => Ok(()),
            Err(error) => {
                if error == ChannelError::Exhausted {
                    ctx.stop_worker(self.ends.encryptor.clone()).await?;
                }
                Err(Error::with_cause(ErrorKind::Failed, error))
            }
        }
    }

    /// Takes a message that goes to a worker at the other end.
    async fn handle_data(&mut self, ctx: &Context, mut message: LocalMessage) -> Result<()> {
        let transport = message.transport_mut();
        transport.onward_route.step()?;
        let body = transport.payload.to_bytes();
        let len = body.map_err(|why| Error::with_cause(ErrorKind::Encoding, why))?.len();
        if len > MAX_CHANNEL_BODY_LEN {
            return Err(Error::with_text(ErrorKind::InvalidInput, || {
                format!(
                    "a body of {len} bytes is larger than the {MAX_CHANNEL_BODY_LEN} that a \
                     secure channel carries: send less at a time"
                )
            }));
        }
        let mut buffer = ChannelMessage::data_to_buffer(transport);
        self.seal(ctx, &mut buffer).await?;
        *transport = TransportMessage::new(self.ends.remote(), Route::new(), buffer);
        if !message.local_info().is_empty() {
            message.local_info_mut().clear();
        }
        ctx.forward(message).await
    }

    /// Takes a content that this end itself has written.
    async fn handle_control(&mut self, ctx: &Context, message: LocalMessage) -> Result<()> {
        let mut buffer: Vec<u8> = message.into_transport_message().payload.into();
        self.seal(ctx, &mut buffer).await?;
        ctx.send(self.ends.remote(), NeutralMessage::from(buffer)).await
    }

    /// Tells the other end that this one ends, if there is room for it at once.
    fn say_goodbye(&mut self, ctx: &Context) {
        let mut buffer = ChannelMessage::Close.to_buffer();
        if self.sealer.seal(&mut buffer).is_ok() {
            // Nobody may be there any more, and a close that is lost does no harm.
            let _ = ctx.try_send(self.ends.remote(), NeutralMessage::from(buffer));
        }
    }
}

impl Worker for Encryptor {
    type Context = Context;
    type Message = Any;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        match self.greeting.take() {
            Some(greeting) => ctx.forward(greeting).await,
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
