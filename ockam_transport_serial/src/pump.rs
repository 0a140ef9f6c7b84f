//! The transfer of bytes to and from the line.

use crate::frame::{Deframer, Fault};
use crate::line::Line;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use embedded_io_async::{Read, Write};
use ockam_core::{Decoded, Error, ErrorKind, Result, decode_message};

/// Number of consecutive read errors that end a link. A noisy line has some; a port that is gone
/// has nothing else.
pub const MAX_READ_ERRORS: usize = 64;

/// Size of the read buffer in bytes.
const READ_LEN: usize = 64;

/// Moves the bytes of a link between its workers and a port. Returned by
/// [`SerialLink::start`](crate::SerialLink::start); until it runs, the link transfers nothing.
#[must_use = "nothing goes over the line before `run`"]
pub struct SerialPump {
    line: Arc<Line>,
}

impl fmt::Debug for SerialPump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SerialPump").field("sender", &self.line.sender).finish_non_exhaustive()
    }
}

impl SerialPump {
    pub(crate) fn new(line: Arc<Line>) -> Self {
        SerialPump { line }
    }

    /// Runs until the link is stopped, its node has stopped, or the port fails.
    ///
    /// The future is `Send` if the futures of the reader and the writer are. The node does not
    /// require it.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if the port failed or ended. The link has then ended, and requests
    /// over it have failed; a new one may be started on the same port.
    ///
    /// # Cancel safety
    /// Dropping the future ends the link. A frame may have been written in part; the peer skips it.
    pub async fn run<R: Read, W: Write>(self, mut reader: R, mut writer: W) -> Result<()> {
        let line = &*self.line;
        let outcome = first(send(line, &mut writer), receive(line, &mut reader)).await;
        match outcome {
            Ok(()) => Ok(()),
            Err(why) => {
                line.end(why.as_str());
                Err(Error::with_kind(ErrorKind::Io, why))
            }
        }
    }
}

impl Drop for SerialPump {
    fn drop(&mut self) {
        self.line.end(format!("the pump of the serial link {} has ended", self.line.sender));
    }
}

/// Waits for the first of two futures to complete.
async fn first<T>(left: impl Future<Output = T>, right: impl Future<Output = T>) -> T {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|cx| match left.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(output),
        Poll::Pending => right.as_mut().poll(cx),
    })
    .await
}

/// Writes frames until the link ends. The error is the reason why it ends.
async fn send<W: Write>(line: &Line, writer: &mut W) -> Result<(), String> {
    let failed = |error: W::Error| format!("the serial link cannot be written to: {error}");
    while let Some(frame) = line.outgoing.take().await {
        writer.write_all(&frame).await.map_err(failed)?;
        writer.flush().await.map_err(failed)?;
        line.counters.sent.count();
        line.outgoing.done();
    }
    Ok(())
}

/// Reads frames until the line or the link ends. The error is the reason why it ends.
async fn receive<R: Read>(line: &Line, reader: &mut R) -> Result<(), String> {
    let mut deframer = Deframer::new(line.max_message_len);
    let mut buffer = [0; READ_LEN];
    let mut errors = 0;
    loop {
        let read = match reader.read(&mut buffer).await {
            Ok(0) => return Err("the serial line has ended".into()),
            Ok(len) => len,
            Err(error) => {
                line.counters.read_errors.count();
                errors += 1;
                if errors == MAX_READ_ERRORS {
                    return Err(format!("the serial link cannot be read from: {error}"));
                }
                yield_now().await;
                continue;
            }
        };
        errors = 0;
        for byte in &buffer[..read] {
            if let Some(frame) = deframer.push(*byte)
                && let Some(message) = read_frame(line, frame)
                && line.incoming.give(message).await.is_err()
            {
                return Ok(());
            }
        }
    }
}

/// Decodes the message in a frame. Frames without a message are counted.
fn read_frame(line: &Line, frame: Result<&[u8], Fault>) -> Option<ockam_core::TransportMessage> {
    let counters = &line.counters;
    let skipped = match frame.map(decode_message) {
        Ok(Ok(Decoded::Message(message))) => return Some(message),
        Ok(Ok(Decoded::Heartbeat)) => &counters.heartbeats,
        Ok(Ok(_) | Err(_)) => &counters.undecodable,
        Err(Fault::Damaged) => &counters.damaged,
        Err(Fault::TooLong) => &counters.too_long,
    };
    skipped.count();
    None
}

/// Yields to other tasks once.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if core::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
