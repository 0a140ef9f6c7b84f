//! Access control: which messages an address lets in and out.
//!
//! A rule is asked once for each message that passes its address. The usual rules answer at once,
//! without a future and without an allocation; a rule that has to ask somebody else returns
//! [`Authorization::Later`].

mod address;
mod combine;

pub use address::{
    AllowOnwardAddress, AllowOnwardAddresses, AllowSourceAddress, AllowSourceAddresses,
};
pub use combine::{AllIncoming, AllOutgoing, AnyIncoming, AnyOutgoing};

use crate::{Address, LocalMessage, Result, Route};
use alloc::boxed::Box;
use core::fmt;
use core::fmt::Debug;
use core::future::Future;
use core::pin::Pin;

/// What an access rule is asked about: a message on its way from one local address to another.
#[derive(Clone, Copy, Debug)]
pub struct RelayMessage<'a> {
    source: &'a Address,
    destination: &'a Address,
    message: &'a LocalMessage,
}

impl<'a> RelayMessage<'a> {
    /// Describes the passage of `message` from `source` to `destination`.
    #[must_use]
    #[inline]
    pub fn new(source: &'a Address, destination: &'a Address, message: &'a LocalMessage) -> Self {
        RelayMessage { source, destination, message }
    }

    /// Returns the local address that sends the message. It is a fact, unlike the return route,
    /// which a worker may write as it likes.
    #[must_use]
    #[inline]
    pub fn source(&self) -> &'a Address {
        self.source
    }

    /// Returns the local address to which the message is delivered next.
    #[must_use]
    #[inline]
    pub fn destination(&self) -> &'a Address {
        self.destination
    }

    /// Returns the message.
    #[must_use]
    pub fn local_message(&self) -> &'a LocalMessage {
        self.message
    }

    /// Returns the onward route; it starts with the destination.
    #[must_use]
    pub fn onward_route(&self) -> &'a Route {
        self.message.onward_route()
    }

    /// Returns the return route.
    #[must_use]
    pub fn return_route(&self) -> &'a Route {
        self.message.return_route()
    }
}

/// The answer of an access rule.
///
/// It is exhaustive: a node has to deal with each answer.
pub enum Authorization<'a> {
    /// The message may pass.
    Allowed,
    /// The message may not pass; a local sender gets an error that says so.
    Denied,
    /// The answer takes time. An error counts as a denial and is logged.
    Later(Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>>),
}

impl fmt::Debug for Authorization<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Authorization::Allowed => "Allowed",
            Authorization::Denied => "Denied",
            Authorization::Later(_) => "Later(..)",
        })
    }
}

impl From<bool> for Authorization<'_> {
    fn from(allowed: bool) -> Self {
        if allowed { Authorization::Allowed } else { Authorization::Denied }
    }
}

/// Decides which messages an address receives.
///
/// ```
/// use ockam_core::{Authorization, IncomingAccessControl, RelayMessage};
///
/// /// Lets small messages in.
/// #[derive(Debug)]
/// struct AtMost(usize);
///
/// impl IncomingAccessControl for AtMost {
///     fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
///         (message.local_message().payload().len() <= self.0).into()
///     }
/// }
/// ```
pub trait IncomingAccessControl: Debug + Send + Sync + 'static {
    /// Answers for one message.
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a>;

    /// Returns the answer if it is the same for every message; the node then does not ask again.
    fn constant(&self) -> Option<bool> {
        None
    }
}

/// Decides which messages an address sends.
pub trait OutgoingAccessControl: Debug + Send + Sync + 'static {
    /// Answers for one message.
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a>;

    /// Returns the answer if it is the same for every message; the node then does not ask again.
    fn constant(&self) -> Option<bool> {
        None
    }
}

/// Lets every message pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllowAll;

/// Lets no message pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DenyAll;

/// Returns the rule that lets every message pass.
#[must_use]
pub fn allow() -> AllowAll {
    AllowAll
}

/// Returns the rule that lets no message pass.
#[must_use]
pub fn deny() -> DenyAll {
    DenyAll
}

/// Implements one of the two traits for a rule whose answer never changes, or for a box.
macro_rules! implement {
    ($control:ident) => {
        impl $control for AllowAll {
            fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
                Authorization::Allowed
            }
            fn constant(&self) -> Option<bool> {
                Some(true)
            }
        }

        impl $control for DenyAll {
            fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
                Authorization::Denied
            }
            fn constant(&self) -> Option<bool> {
                Some(false)
            }
        }

        impl $control for Box<dyn $control> {
            fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
                (**self).is_authorized(message)
            }
            fn constant(&self) -> Option<bool> {
                (**self).constant()
            }
        }
    };
}

implement!(IncomingAccessControl);
implement!(OutgoingAccessControl);

#[cfg(test)]
mod tests {
    use crate::{AllowAll, DenyAll, IncomingAccessControl, Mailbox, OutgoingAccessControl};
    use alloc::boxed::Box;

    #[test]
    fn rules_that_say_the_same_for_every_message_are_not_asked_behind_a_box_either() {
        let boxed = |incoming: Box<dyn IncomingAccessControl>,
                     outgoing: Box<dyn OutgoingAccessControl>| {
            Mailbox::new("a", incoming, outgoing)
        };
        for mailbox in [
            Mailbox::new("a", AllowAll, DenyAll),
            Mailbox::new("a", DenyAll, AllowAll),
            boxed(Box::new(AllowAll), Box::new(DenyAll)),
            boxed(Box::new(DenyAll), Box::new(AllowAll)),
        ] {
            assert!(!mailbox.asks_incoming() && !mailbox.asks_outgoing(), "{mailbox:?}");
        }
    }
}
