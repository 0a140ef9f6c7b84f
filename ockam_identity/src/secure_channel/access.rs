//! Rules about who sent a message, as a channel has proved it.

use super::peer::sender;
use crate::identifier::Identifier;
use crate::identities::Identities;
use alloc::vec::Vec;
use ockam_core::{Authorization, IncomingAccessControl, RelayMessage};

/// Lets messages in that came through a channel from one of some identities.
///
/// ```
/// # use ockam_core::{Address, IncomingAccessControl};
/// use ockam_identity::IdentityIdAccessControl;
///
/// # let alice = ockam_identity::Identifier::from([7; 32]);
/// let rule = IdentityIdAccessControl::new(vec![alice]);
/// # fn is_rule(_: impl IncomingAccessControl) {}
/// # is_rule(rule);
/// ```
#[derive(Clone, Debug)]
pub struct IdentityIdAccessControl(Vec<Identifier>);

impl IdentityIdAccessControl {
    /// Names the identities.
    #[must_use]
    pub fn new(identifiers: impl Into<Vec<Identifier>>) -> Self {
        IdentityIdAccessControl(identifiers.into())
    }

    /// Names one identity.
    #[must_use]
    pub fn new_with_id(identifier: Identifier) -> Self {
        IdentityIdAccessControl(Vec::from([identifier]))
    }
}

impl IncomingAccessControl for IdentityIdAccessControl {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        sender(message.local_message()).is_some_and(|peer| self.0.contains(peer)).into()
    }
}

/// Lets messages in that came through a channel, from whatever identity.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdentityAnyIdAccessControl;

impl IncomingAccessControl for IdentityAnyIdAccessControl {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        sender(message.local_message()).is_some().into()
    }
}

/// Lets messages in that came through a channel from an identity of which an authority says some
/// things, in a credential that has not expired.
///
/// ```
/// use ockam_identity::{AttributeAccessControl, Identities};
///
/// # let (identities, authority) = (Identities::in_memory(), [7; 32].into());
/// let rule = AttributeAccessControl::new(&identities, authority)
///     .with_attribute("project", "mars")
///     .with_attribute("role", "member");
/// ```
#[derive(Clone, Debug)]
pub struct AttributeAccessControl {
    identities: Identities,
    authority: Identifier,
    required: Vec<(Vec<u8>, Vec<u8>)>,
}

impl AttributeAccessControl {
    /// Asks for a credential of an authority, whatever it says.
    #[must_use]
    pub fn new(identities: &Identities, authority: Identifier) -> Self {
        let identities = identities.clone();
        AttributeAccessControl { identities, authority, required: Vec::new() }
    }

    /// Asks for a value under a name as well.
    #[must_use]
    pub fn with_attribute(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.required.push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }
}

impl IncomingAccessControl for AttributeAccessControl {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        let peer = sender(message.local_message());
        let is_attested = |peer| self.identities.is_attested(peer, &self.authority, &self.required);
        peer.is_some_and(is_attested).into()
    }
}
