//! Encrypting a message where it is sent, without a turn of the encryptor's task.
//!
//! A message of a dialogue goes at once (see [`Turn`](ockam_node::Turn)), and so does it at the
//! connection behind. Everything that cannot go, or may not, is left to the encryptor.

use super::encryptor::{check_body, encrypt};
use super::ends::Ends;
use super::sealing::Sealing;
use alloc::sync::Arc;
use ockam_core::{Address, LocalInfo, LocalMessage, Route};
use ockam_node::{Handle, Shortcut};

/// Marks a message that is encrypted already, and only has to be sent on by the encryptor at the
/// address. Through a channel in a channel it can have a mark of each.
#[derive(Clone, Debug)]
struct Sealed {
    encryptor: Address,
    /// With which keys it was encrypted.
    phase: u32,
}

impl Sealed {
    fn of<'a>(info: &'a LocalInfo, ends: &Ends) -> Option<&'a Self> {
        info.downcast_ref::<Sealed>().filter(|sealed| sealed.encryptor == ends.encryptor)
    }

    fn is_of(info: &LocalInfo, ends: &Ends) -> bool {
        Self::of(info, ends).is_some()
    }
}

/// Tells whether the encryptor of an end gets a message that it has encrypted already.
pub(super) fn is_sealed(ends: &Ends, message: &LocalMessage) -> bool {
    message.local_info().iter().any(|info| Sealed::is_of(info, ends))
}

/// Tells whether a message was encrypted with keys that are no more: the peer could not read it.
#[cold]
pub(super) fn is_stale(ends: &Ends, message: &LocalMessage) -> bool {
    let mut marks = message.local_info().iter().filter_map(|info| Sealed::of(info, ends));
    marks.any(|sealed| sealed.phase != ends.phase())
}

/// Marks an encrypted message, which goes to the encryptor, and keeps whoever waits for an answer.
#[cold]
fn wrap(ends: &Ends, mut message: LocalMessage, return_route: Route) -> LocalMessage {
    message.transport_mut().onward_route.push_front(ends.encryptor.clone());
    message.transport_mut().return_route = return_route;
    let (encryptor, phase) = (ends.encryptor.clone(), ends.phase());
    message.local_info_mut().push(LocalInfo::new(Sealed { encryptor, phase }));
    message
}

/// Makes the encrypted message again of one that was marked.
#[cold]
pub(super) fn unwrap(ends: &Ends, mut message: LocalMessage) -> LocalMessage {
    message.transport_mut().onward_route.pop_front();
    message.transport_mut().return_route = Route::new();
    message.local_info_mut().retain(|info| !Sealed::is_of(info, ends));
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
        // What has a mark waited once, and waits for those before it.
        let is_data = is_data && !is_sealed(&self.ends, &message);
        let goes_now = is_data && self.ends.turn.take() && self.has_way(encryptor);
        // Of two ways only the encryptor knows.
        let goes_now = goes_now && !self.ends.asked.is_in_doubt();
        if !goes_now || check_body(&message).is_err() {
            return Err(message);
        }
        // Locked to the end, so that messages leave in the order of their numbers.
        let Some(mut sealer) = self.sealing.try_lock() else {
            return Err(message);
        };
        let Some(sealer) = sealer.as_mut() else {
            return Err(message);
        };
        let return_route = message.return_route().clone();
        if encrypt(&self.ends, sealer, &mut message).is_err() {
            return Err(message);
        }
        encryptor
            .try_forward(message)
            .map_err(|error| wrap(&self.ends, error.into_message(), return_route))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ends::NewEnds;
    use super::*;
    use crate::channel::{Features, Sealer};
    use crate::identifier::Identifier;
    use crate::vault::Secret;
    use alloc::vec;
    use ockam_core::{FlowControlId, TransportMessage, route};
    use ockam_node::NodeBuilder;

    fn ends(handle: &Handle, remote: Route) -> Arc<Ends> {
        let (own, peer) = (Identifier::from([1; 32]), Identifier::from([2; 32]));
        let (decryptor, flow) = (handle.random_local(), FlowControlId::from("f"));
        let (features, follows, refreshes, made_again) = (Features::NONE, false, false, None);
        let new = NewEnds {
            own,
            peer,
            features,
            decryptor,
            flow,
            remote,
            follows,
            refreshes,
            made_again,
        };
        Ends::new(handle, new)
    }

    /// Neither of two channels, one in the other, finds room for its message at once.
    #[tokio::test]
    async fn a_message_that_two_channels_have_encrypted_is_encrypted_no_more() {
        let ctx = NodeBuilder::new().build().unwrap();
        let (mut sealer, key) = (Sealer::new(&Secret::from([7; 32])), Secret::from([8; 32]));
        let outer = ends(&ctx, route!["app"]);
        let inner = ends(&ctx, route![outer.encryptor.clone(), "decryptor"]);
        let onward = route![inner.encryptor.clone(), "echoer"];
        let mut message = LocalMessage::from(TransportMessage::new(onward, route![], vec![1]));
        encrypt(&inner, &mut sealer, &mut message).unwrap();
        encrypt(&outer, &mut sealer, &mut message).unwrap();
        let encrypted = message.payload().to_bytes().unwrap().to_vec();
        let message = wrap(&outer, message, route![]);
        let message = wrap(&inner, message, route!["asker"]);

        assert!(is_sealed(&inner, &message));
        let message = unwrap(&inner, message);
        assert!(!is_sealed(&inner, &message) && is_sealed(&outer, &message));
        // The outer encryptor is at rest again, and a message of a dialogue may go.
        outer.turn.give();
        let direct = Direct::new(Arc::clone(&outer), Sealing::new(Sealer::new(&key)));
        let message = direct.take(&ctx, message).unwrap_err();
        let message = unwrap(&outer, message);
        assert_eq!(message.onward_route(), &route!["app"]);
        assert_eq!(message.payload().to_bytes().unwrap().to_vec(), encrypted);
        assert!(message.local_info().is_empty());
    }
}
