//! The addresses of a worker, each with the rules for what may enter and leave it.
//!
//! A mailbox here is a name and its rules. The queue behind it is the node's.

use crate::{Address, Authorization, IncomingAccessControl, OutgoingAccessControl, RelayMessage};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// An address of a worker and its access controls.
///
/// ```
/// use ockam_core::{AllowAll, AllowSourceAddress, Mailbox};
///
/// let mailbox = Mailbox::new("inbox", AllowSourceAddress("app".into()), AllowAll);
/// assert_eq!(mailbox.address().to_string(), "0#inbox");
/// ```
#[derive(Debug)]
pub struct Mailbox {
    address: Address,
    incoming: Rule<dyn IncomingAccessControl>,
    outgoing: Rule<dyn OutgoingAccessControl>,
}

/// A rule with its two most frequent values taken out of the box.
enum Rule<R: ?Sized> {
    Allow,
    Deny,
    Ask(Box<R>),
}

impl<R: ?Sized> Rule<R> {
    /// Keeps the answer where it never changes, and the rule where it has to be asked.
    fn new(constant: Option<bool>, boxed: impl FnOnce() -> Box<R>) -> Self {
        match constant {
            Some(true) => Rule::Allow,
            Some(false) => Rule::Deny,
            None => Rule::Ask(boxed()),
        }
    }
}

impl<R: fmt::Debug + ?Sized> fmt::Debug for Rule<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Allow => f.write_str("AllowAll"),
            Rule::Deny => f.write_str("DenyAll"),
            Rule::Ask(rule) => rule.fmt(f),
        }
    }
}

impl Mailbox {
    /// Joins an address and its rules.
    #[must_use]
    pub fn new(
        address: impl Into<Address>,
        incoming: impl IncomingAccessControl,
        outgoing: impl OutgoingAccessControl,
    ) -> Self {
        Mailbox {
            address: address.into(),
            incoming: Rule::new(incoming.constant(), || -> Box<dyn IncomingAccessControl> {
                Box::new(incoming)
            }),
            outgoing: Rule::new(outgoing.constant(), || -> Box<dyn OutgoingAccessControl> {
                Box::new(outgoing)
            }),
        }
    }

    /// Makes a mailbox that everything may enter and leave.
    #[must_use]
    pub fn allow_all(address: impl Into<Address>) -> Self {
        Mailbox { address: address.into(), incoming: Rule::Allow, outgoing: Rule::Allow }
    }

    /// Makes a mailbox that nothing may enter or leave.
    #[must_use]
    pub fn deny_all(address: impl Into<Address>) -> Self {
        Mailbox { address: address.into(), incoming: Rule::Deny, outgoing: Rule::Deny }
    }

    /// Returns the address.
    #[must_use]
    #[inline]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Tells whether a rule is asked about each message that enters; otherwise the answer is the
    /// same for every message.
    #[must_use]
    #[inline]
    pub fn asks_incoming(&self) -> bool {
        matches!(self.incoming, Rule::Ask(_))
    }

    /// As [`asks_incoming`](Self::asks_incoming), for messages that leave.
    #[must_use]
    #[inline]
    pub fn asks_outgoing(&self) -> bool {
        matches!(self.outgoing, Rule::Ask(_))
    }

    /// Asks whether a message from `source` may enter.
    #[inline]
    pub fn incoming<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        match &self.incoming {
            Rule::Allow => Authorization::Allowed,
            Rule::Deny => Authorization::Denied,
            Rule::Ask(rule) => rule.is_authorized(message),
        }
    }

    /// Asks whether a message from this address may leave.
    #[inline]
    pub fn outgoing<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        match &self.outgoing {
            Rule::Allow => Authorization::Allowed,
            Rule::Deny => Authorization::Denied,
            Rule::Ask(rule) => rule.is_authorized(message),
        }
    }
}

/// All addresses of one worker: one that is its name, and any number of others.
///
/// ```
/// use ockam_core::{Mailbox, Mailboxes};
///
/// let mailboxes = Mailboxes::new(Mailbox::allow_all("main"), vec![Mailbox::allow_all("alias")]);
/// assert_eq!(mailboxes.addresses().count(), 2);
/// ```
#[derive(Debug)]
pub struct Mailboxes {
    primary: Mailbox,
    /// Boxed twice: a worker with one address, the usual one, pays one word.
    #[allow(clippy::box_collection)]
    additional: Option<Box<Vec<Mailbox>>>,
}

impl Mailboxes {
    /// Joins the mailboxes of a worker.
    #[must_use]
    pub fn new(primary: Mailbox, additional: Vec<Mailbox>) -> Self {
        let additional = (!additional.is_empty()).then(|| Box::new(additional));
        Mailboxes { primary, additional }
    }

    /// Returns the worker's name: the address that `send` writes into the return route.
    #[must_use]
    #[inline]
    pub fn primary(&self) -> &Mailbox {
        &self.primary
    }

    /// Returns the worker's name, as [`primary`](Self::primary)`().address()`.
    #[must_use]
    #[inline]
    pub fn primary_address(&self) -> &Address {
        &self.primary.address
    }

    /// Lists all mailboxes, the primary one first.
    pub fn iter(&self) -> impl Iterator<Item = &Mailbox> {
        let additional = self.additional.iter().flat_map(|mailboxes| mailboxes.iter());
        core::iter::once(&self.primary).chain(additional)
    }

    /// Lists all addresses, the primary one first.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.iter().map(Mailbox::address)
    }

    /// Tells whether any of them has a rule that is asked about messages.
    #[must_use]
    #[inline]
    pub fn ask_rules(&self) -> bool {
        let asks = |mailbox: &Mailbox| mailbox.asks_incoming() || mailbox.asks_outgoing();
        asks(&self.primary) || self.additional.as_ref().is_some_and(|more| more.iter().any(asks))
    }

    /// Finds the mailbox of an address that is known to be one of these.
    #[inline]
    #[must_use]
    pub fn one_of(&self, address: &Address) -> &Mailbox {
        match &self.additional {
            None => &self.primary,
            Some(_) => self.find(address).unwrap_or(&self.primary),
        }
    }

    /// Finds the mailbox of an address.
    #[inline]
    #[must_use]
    pub fn find(&self, address: &Address) -> Option<&Mailbox> {
        if self.primary.address == *address {
            return Some(&self.primary);
        }
        self.find_additional(address)
    }

    #[cold]
    fn find_additional(&self, address: &Address) -> Option<&Mailbox> {
        self.additional.as_ref()?.iter().find(|mailbox| mailbox.address == *address)
    }
}

impl From<Mailbox> for Mailboxes {
    fn from(primary: Mailbox) -> Self {
        Mailboxes { primary, additional: None }
    }
}
