//! Messages from beyond the window of a channel, held until it is certain that those before them
//! were lost.
//!
//! Ockam 0.150 refuses what is more than 32 messages ahead of the newest, and goes on with what
//! comes from around the newest afterwards. So does this: a message from beyond the window is held
//! back if it verifies, and void as soon as another one from within the window arrives. If none
//! does, the messages between were lost, and the channel goes on with what was held.

use alloc::vec::Vec;
use core::time::Duration;
use ockam_core::{Mailbox, NeutralMessage, Result, Route};
use ockam_node::{Context, DelayedEvent, Handle};

/// How long nothing from within the window has to arrive until the messages before one from beyond
/// the window count as lost.
pub const LOSS_TIMEOUT: Duration = Duration::from_millis(250);

/// How many messages from beyond the window are held; with the next one in a row the loss is
/// certain at once. Ockam 0.150 is known to go on after two.
pub(super) const HELD_LIMIT: usize = 2;

/// A message that was decrypted.
pub(super) struct Opened {
    pub(super) number: u64,
    /// The number and the content.
    pub(super) buffer: Vec<u8>,
    pub(super) return_route: Route,
}

/// Messages that are held.
pub(super) struct Gap {
    held: Vec<Opened>,
    /// The newest message before the gap.
    top: u64,
    /// What is sent when the time is over. It never leaves this node, so that only the timer has it.
    token: [u8; 16],
    timer: Option<Timer>,
}

/// Dropping it cancels it.
struct Timer {
    _event: DelayedEvent<NeutralMessage>,
    /// In whose name it is sent: what the decryptor sends has to pass the border.
    _sender: Context,
}

impl Gap {
    /// Begins behind the newest message that was accepted.
    pub(super) fn new(handle: &Handle, top: u64) -> Self {
        Gap { held: Vec::new(), top, token: handle.random_bits(), timer: None }
    }

    /// Lets the decryptor be told when the time is over. On a board without a free task slot it is
    /// not, and only the number of messages counts.
    pub(super) async fn start_timer(&mut self, handle: &Handle) {
        match self.timer(handle).await {
            Ok(timer) => self.timer = Some(timer),
            Err(error) => {
                let address = handle.primary_address();
                tracing::debug!(%address, %error, "no timer for lost messages");
            }
        }
    }

    async fn timer(&self, handle: &Handle) -> Result<Timer> {
        let own = Mailbox::allow_all(handle.random_local());
        let sender = handle.new_detached_with_mailboxes(own).await?;
        let decryptor = handle.primary_address().clone();
        let token = NeutralMessage::from(self.token.to_vec());
        let mut event = DelayedEvent::create(&sender, decryptor, token).await?;
        event.schedule(LOSS_TIMEOUT).await?;
        Ok(Timer { _event: event, _sender: sender })
    }

    /// Tells whether a message is the timer's.
    pub(super) fn is_due(&self, message: &[u8]) -> bool {
        message == self.token
    }

    /// Holds a message; `false` if that is one more than there may be, and so the loss is certain.
    pub(super) fn hold(&mut self, message: Opened) -> bool {
        self.held.push(message);
        self.held.len() <= HELD_LIMIT
    }

    /// Returns how many messages in a row were lost.
    pub(super) fn lost(&self) -> u64 {
        let first = self.held.iter().map(|held| held.number).min().unwrap_or(self.top);
        first.saturating_sub(self.top).saturating_sub(1)
    }

    pub(super) fn into_held(self) -> Vec<Opened> {
        self.held
    }
}
