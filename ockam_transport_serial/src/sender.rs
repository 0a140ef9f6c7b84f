//! The worker to which messages are routed that shall leave over the line.

use crate::frame::write_frame;
use crate::line::Line;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{Any, Error, ErrorKind, LocalMessage, Result, Routed, Worker, encode_frame};
use ockam_node::{Context, DeadLetterReason};

/// The length that the codec puts in front of a message.
const LENGTH_LEN: usize = 4;

/// Takes itself off the onward route and hands the frame to the pump. It waits until the line has
/// taken the frame, so that a slow line slows its senders down, and a stop of the node waits for
/// what is on its way.
pub(crate) struct Sender {
    pub(crate) line: Arc<Line>,
}

impl Worker for Sender {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.step()?;
        let frame = self.frame(&message)?;
        if self.line.outgoing.give(frame).await.is_err() {
            let why = self.line.why_ended().unwrap_or_default();
            ctx.reject(
                &message,
                DeadLetterReason::Stopped,
                Error::with_kind(ErrorKind::Stopped, why),
            );
        }
        Ok(())
    }
}

impl Sender {
    fn frame(&self, message: &LocalMessage) -> Result<Vec<u8>> {
        let invalid = |text: &str| Error::with_kind(ErrorKind::InvalidInput, text);
        if message.onward_route().is_empty() {
            return Err(invalid("the route ends at the serial link: name a worker behind it"));
        }
        let mut bytes = Vec::new();
        encode_frame(message.transport(), &mut bytes)
            .map_err(|error| Error::with_kind(ErrorKind::Encoding, error))?;
        // On this line marks say where a message ends, and not a length in front of it.
        let bytes = &bytes[LENGTH_LEN..];
        let (len, limit) = (bytes.len(), self.line.max_message_len);
        if len > limit {
            return Err(invalid(&format!(
                "a message of {len} bytes is too long for the serial link, whose limit is {limit}"
            )));
        }
        let mut frame = Vec::new();
        write_frame(bytes, &mut frame);
        Ok(frame)
    }
}

/// However the worker ends, the link ends with it.
impl Drop for Sender {
    fn drop(&mut self) {
        self.line.end(format!("the serial link {} was stopped", self.line.sender));
    }
}
