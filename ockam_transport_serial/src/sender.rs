//! The worker that writes outgoing messages to the line.

use crate::frame::write_frame;
use crate::line::Line;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{Any, Error, ErrorKind, LocalMessage, Result, Routed, Worker, encode_frame};
use ockam_node::{Context, DeadLetterReason};

/// Size of the length prefix that the codec writes.
const LENGTH_LEN: usize = 4;

/// Removes itself from the onward route and passes the frame to the pump. It waits until the frame
/// is written, so that a slow line applies backpressure and a stop of the node waits for messages
/// in flight.
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
            return Err(invalid("the route ends at the serial link: name a worker after it"));
        }
        let mut bytes = Vec::new();
        encode_frame(message.transport(), &mut bytes)
            .map_err(|error| Error::with_kind(ErrorKind::Encoding, error))?;
        // Delimiters mark the end of a message on this line, not a length prefix.
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

/// Ends the link together with the worker, for whatever reason that ends.
impl Drop for Sender {
    fn drop(&mut self) {
        self.line.end(format!("the serial link {} was stopped", self.line.sender));
    }
}
