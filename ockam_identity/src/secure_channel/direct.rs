//! Encrypting a message where it is sent, without a turn of the encryptor's task.
//!
//! A message of a dialogue goes at once (see [`Turn`](ockam_node::Turn)), and so does it at the
//! connection behind. Everything that cannot go, or may not, is left to the encryptor.

use super::encryptor::{check_body, encrypt};
use super::ends::Ends;
use super::sealing::Sealing;
use alloc::sync::Arc;
use ockam_core::{LocalInfo, LocalMessage, Route};
use ockam_node::{Handle, Shortcut};

/// Marks a message that is encrypted already, and only has to be sent on.
#[derive(Clone, Copy, Debug)]
struct Sealed;

/// Tells whether the encryptor gets a message that is encrypted already.
pub(super) fn is_sealed(message: &LocalMessage) -> bool {
    message.find_local_info::<Sealed>().is_some()
}

/// Marks an encrypted message, which goes to the encryptor, and keeps whoever waits for an answer.
#[cold]
fn wrap(ends: &Ends, mut message: LocalMessage, return_route: Route) -> LocalMessage {
    message.transport_mut().onward_route.push_front(ends.encryptor.clone());
    message.transport_mut().return_route = return_route;
    message.local_info_mut().push(LocalInfo::new(Sealed));
    message
}

/// Makes the encrypted message again of one that was marked.
#[cold]
pub(super) fn unwrap(mut message: LocalMessage) -> LocalMessage {
    message.transport_mut().onward_route.pop_front();
    message.transport_mut().return_route = Route::new();
    message.local_info_mut().clear();
    message
}

/// The way past the mailbox of an encryptor.
pub(super) struct Direct {
    ends: Arc<Ends>,
    sealing: Sealing,
}

impl Direct {
    pub(super) fn new(ends: Arc<Ends>, sealing: Sealing) -> Self {
        Direct { ends, sealing }
    }

    /// Tells whether the next hop is there. If not, the encryptor finds out what there is to say.
    fn has_way(&self, handle: &Handle) -> bool {
        let first = self.ends.remote.with(|remote| remote.first().cloned());
        first.is_some_and(|hop| handle.is_worker_registered_at(hop))
    }
}

impl Shortcut for Direct {
    fn take(&self, encryptor: &Handle, mut message: LocalMessage) -> Result<(), LocalMessage> {
        let is_data = message.onward_route().first() == Some(&self.ends.encryptor);
        let goes_now = is_data && self.ends.turn.take() && self.has_way(encryptor);
        if !goes_now || check_body(&message).is_err() {
            return Err(message);
        }
        // Locked to the end, so that messages leave in the order of their numbers.
        let Some(mut sealer) = self.sealing.try_lock() else {
            return Err(message);
        };
        let return_route = message.return_route().clone();
        if encrypt(&self.ends, &mut sealer, &mut message).is_err() {
            return Err(message);
        }
        encryptor
            .try_forward(message)
            .map_err(|error| wrap(&self.ends, error.into_message(), return_route))
    }
}
