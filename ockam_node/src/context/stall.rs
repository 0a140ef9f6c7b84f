//! Handing on what a peer has sent to a worker whose mailbox is full, as long as that gets on.

use super::Handle;
use crate::dead_letter::DeadLetterReason;
use crate::delivery::send_error::{SendErrorReason, boundary};
use alloc::format;
use alloc::vec::Vec;
use core::pin::pin;
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Result, TransportMessage};

/// How often a worker is looked at in the time after which it is given up.
const LOOKS: u32 = 4;

/// Hands messages from outside on, one after the other, and waits for a worker with a full mailbox only
/// as long as that handles something: a worker that stands still holds up no other for good.
///
/// It is for what brings messages in one at a time, such as the end of a secure channel.
#[derive(Debug)]
pub struct StallGuard {
    limit: Duration,
    /// The worker that was given up last, and what it had done by then.
    given_up: Option<(Address, Option<u32>)>,
}

impl StallGuard {
    /// Makes one that gives a worker up after it has handled nothing for `limit`.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        StallGuard { limit, given_up: None }
    }

    /// Forwards a message in the name of a context, as [`Handle::forward`] does. If its worker has a
    /// full mailbox and begins to handle no message for the limit, which may take a quarter longer, the
    /// message is a dead letter and its asker gets an error. Then messages for that worker are refused
    /// at once, until it has room or handles something.
    ///
    /// # Errors
    /// [`Full`](ErrorKind::Full) if the worker was given up; those of [`Handle::forward`].
    ///
    /// # Cancel safety
    /// As [`Handle::forward`].
    pub async fn forward(&mut self, handle: &Handle, message: LocalMessage) -> Result<()> {
        let error = match handle.try_forward(message) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match error.reason() {
            SendErrorReason::Full { .. }
            | SendErrorReason::FullOfBytes { .. }
            | SendErrorReason::MustWait { .. } => self.wait(handle, error.into_message()).await,
            _ => Err(boundary(error)),
        }
    }

    #[cold]
    async fn wait(&mut self, handle: &Handle, message: LocalMessage) -> Result<()> {
        let address = message.onward_route().first().cloned().unwrap_or_default();
        let mut progress = handle.progress_at(&address);
        let known = self.given_up.take().filter(|known| *known == (address.clone(), progress));
        if known.is_some() {
            self.given_up = known;
            return Err(self.give_up(handle, &message, &address));
        }
        let (onward, back) = (message.onward_route().clone(), message.return_route().clone());
        let routes = TransportMessage::new(onward, back, Vec::new()).into();
        let mut forwarding = pin!(handle.forward(message));
        let mut in_vain = 0;
        while in_vain < LOOKS {
            let forwarded = handle.within(self.limit / LOOKS, forwarding.as_mut()).await;
            if let Some(outcome) = forwarded {
                return outcome;
            }
            let now = handle.progress_at(&address);
            in_vain = if now == progress { in_vain + 1 } else { 0 };
            progress = now;
        }
        self.given_up = Some((address.clone(), progress));
        Err(self.give_up(handle, &routes, &address))
    }

    fn give_up(&self, handle: &Handle, message: &LocalMessage, address: &Address) -> Error {
        let error = || {
            Error::with_text(ErrorKind::Full, || {
                format!(
                    "the worker at {address} has a full mailbox and has begun to handle no \
                     message for {:?}",
                    self.limit
                )
            })
        };
        handle.reject(message, DeadLetterReason::Stalled, error());
        error()
    }
}
