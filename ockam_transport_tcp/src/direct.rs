//! Writing a message where it is sent, without a turn of the sender's task.
//!
//! A message of a dialogue goes at once (see [`Turn`](ockam_node::Turn)); a stream goes through the
//! mailbox of the sender, which writes many messages with one call. What cannot be written as a
//! whole, and every failure, is left to the sender.

use crate::link::{Link, Phase};
use crate::write_buffer::{SharedWriteBuffer, WriteBuffer};
use ockam_core::{LocalInfo, LocalMessage, Route, TransportMessage};
use ockam_node::{Handle, Shortcut};
use std::sync::Arc;

/// Marks the message that tells the sender to go on with what was begun, and stands for nothing
/// else.
#[derive(Clone, Copy, Debug)]
struct GoOn;

/// Tells whether a message only tells the sender to go on.
pub(crate) fn only_says_go_on(message: &LocalMessage) -> bool {
    message.find_local_info::<GoOn>().is_some()
}

/// The way past the mailbox of a sender.
pub(crate) struct Direct {
    link: Arc<Link>,
    outgoing: Arc<SharedWriteBuffer>,
}

impl Direct {
    pub(crate) fn new(link: Arc<Link>, outgoing: Arc<SharedWriteBuffer>) -> Self {
        Direct { link, outgoing }
    }

    /// Writes what is in the buffer, and counts it; `false` if that was not possible, or only in part.
    fn write(&self, buffer: &mut WriteBuffer) -> bool {
        // While its phase is looked at the link does not end.
        let written = self.link.with_phase(|phase| match phase {
            Phase::Up(stream) => {
                let written = buffer.write(stream).map_err(|error| (Arc::clone(stream), error))?;
                if written {
                    self.link.traffic().count_out(stream.as_ref().as_ref(), buffer.sent());
                }
                Ok(written)
            }
            Phase::Broken(_) | Phase::Ended(_) => Ok(false),
        });
        written.unwrap_or_else(|(stream, error)| {
            self.link.write_failed(&stream, &error);
            false
        })
    }

    /// Makes the message that goes to the mailbox instead of one that was begun.
    #[cold]
    fn go_on(&self) -> LocalMessage {
        let nothing = TransportMessage::new(self.link.sender().clone(), Route::new(), Vec::new());
        LocalMessage::new(nothing, vec![LocalInfo::new(GoOn)])
    }
}

impl Shortcut for Direct {
    fn take(&self, _: &Handle, mut message: LocalMessage) -> Result<(), LocalMessage> {
        // Without a hop behind the connection it is an error, which the sender knows how to tell.
        if message.onward_route().len() < 2 || !self.link.turn().take() {
            return Err(message);
        }
        let Some(mut buffer) = self.outgoing.try_lock().filter(|buffer| buffer.is_empty()) else {
            return Err(message);
        };
        message.transport_mut().onward_route.pop_front();
        let back = match buffer.add(message) {
            Ok(()) if self.write(&mut buffer) => return Ok(()),
            Ok(()) if buffer.has_to_go_on() => return Err(self.go_on()),
            Ok(()) => buffer.finish().pop(),
            Err((_, message)) => Some(message),
        };
        let Some(mut message) = back else {
            return Err(self.go_on());
        };
        message.transport_mut().onward_route.push_front(self.link.sender().clone());
        Err(message)
    }
}
