//! Who sent a message, as a channel has proved it.

use crate::identifier::Identifier;
use ockam_core::LocalMessage;

/// The fact that a channel attaches to every message that it brings in.
///
/// ```
/// # use ockam_core::{LocalInfo, LocalMessage, TransportMessage, route};
/// use ockam_identity::{Identifier, SecureChannelPeer};
///
/// # let alice = Identifier::from([7; 32]);
/// # let info = vec![LocalInfo::new(SecureChannelPeer::new(alice))];
/// # let message = LocalMessage::new(TransportMessage::new("echoer", route![], vec![]), info);
/// let peer = message.find_local_info::<SecureChannelPeer>();
/// assert_eq!(peer.map(|peer| peer.identifier()), Some(&alice));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecureChannelPeer {
    identifier: Identifier,
}

impl SecureChannelPeer {
    /// Says that a message came from an identity. Only who has proved it should.
    #[must_use]
    pub fn new(identifier: Identifier) -> Self {
        SecureChannelPeer { identifier }
    }

    /// Returns the identity at the other end of the channel.
    #[must_use]
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }
}

/// Finds who sent a message through a channel.
pub(super) fn sender(message: &LocalMessage) -> Option<&Identifier> {
    message.find_local_info().map(SecureChannelPeer::identifier)
}
