//! Rules that look at addresses alone.

use super::{Authorization, IncomingAccessControl, OutgoingAccessControl, RelayMessage};
use crate::Address;
use alloc::collections::BTreeSet;

/// Lets messages in that one local address sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowSourceAddress(pub Address);

/// Lets messages in that any of some local addresses sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowSourceAddresses(BTreeSet<Address>);

/// Lets messages out to one local address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowOnwardAddress(pub Address);

/// Lets messages out to any of some local addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowOnwardAddresses(BTreeSet<Address>);

impl AllowSourceAddresses {
    /// Lists the senders.
    pub fn new<A: Into<Address>>(addresses: impl IntoIterator<Item = A>) -> Self {
        AllowSourceAddresses(addresses.into_iter().map(Into::into).collect())
    }
}

impl AllowOnwardAddresses {
    /// Lists the recipients.
    pub fn new<A: Into<Address>>(addresses: impl IntoIterator<Item = A>) -> Self {
        AllowOnwardAddresses(addresses.into_iter().map(Into::into).collect())
    }
}

impl IncomingAccessControl for AllowSourceAddress {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        (*message.source() == self.0).into()
    }
}

impl IncomingAccessControl for AllowSourceAddresses {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        self.0.contains(message.source()).into()
    }
}

impl OutgoingAccessControl for AllowOnwardAddress {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        (*message.destination() == self.0).into()
    }
}

impl OutgoingAccessControl for AllowOnwardAddresses {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        self.0.contains(message.destination()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{AllowOnwardAddress, AllowOnwardAddresses, AllowSourceAddress};
    use crate::{
        Address, Authorization, IncomingAccessControl, LocalMessage, OutgoingAccessControl,
        RelayMessage,
    };
    use alloc::string::ToString;

    #[test]
    fn the_source_is_the_sending_address_and_not_what_the_return_route_says() {
        let (a, b) = (Address::from("a"), Address::from("b"));
        let mut message = LocalMessage::new(Default::default(), Default::default());
        message.transport_mut().return_route.push_front("a");

        let rule = AllowSourceAddress("a".into());
        let verdict = |source| rule.is_authorized(RelayMessage::new(source, &b, &message));
        assert!(matches!(verdict(&a), Authorization::Allowed));
        assert!(matches!(verdict(&b), Authorization::Denied));
    }

    #[test]
    fn one_recipient_is_reached_and_no_other() {
        let (a, b) = (Address::from("a"), Address::from("b"));
        let message = LocalMessage::new(Default::default(), Default::default());
        let rule = AllowOnwardAddress("b".into());
        let verdict = |to| rule.is_authorized(RelayMessage::new(&a, to, &message));
        assert!(matches!(verdict(&b), Authorization::Allowed));
        assert!(matches!(verdict(&a), Authorization::Denied));
    }

    #[test]
    fn any_of_several_recipients_is_reached() {
        let (a, b) = (Address::from("a"), Address::from("b"));
        let message = LocalMessage::new(Default::default(), Default::default());
        let rule = AllowOnwardAddresses::new(["b", "c"]);
        let verdict = |to| rule.is_authorized(RelayMessage::new(&a, to, &message));
        assert!(matches!(verdict(&b), Authorization::Allowed));
        assert!(matches!(verdict(&a), Authorization::Denied));
    }

    #[test]
    fn a_rule_sees_both_routes_of_the_message() {
        let (a, b) = (Address::from("a"), Address::from("b"));
        let mut message = LocalMessage::new(Default::default(), Default::default());
        message.transport_mut().onward_route.push_front("b");
        message.transport_mut().return_route.push_front("r");
        let seen = RelayMessage::new(&a, &b, &message);
        assert_eq!(seen.onward_route().to_string(), "0#b");
        assert_eq!(seen.return_route().to_string(), "0#r");
    }
}
