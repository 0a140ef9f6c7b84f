//! What can become of a message that is sent: the leaf error that gives it back.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Message, Route, Routed, TEXTS};

/// Says why a message was not sent, and holds it.
///
/// [`send`](crate::Handle::send) returns it inside of an [`Error`]:
///
/// ```
/// # use ockam_node::{NodeBuilder, SendError, SendErrorReason};
/// # use ockam_core::ErrorKind;
/// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
/// let ctx = NodeBuilder::new().build()?;
/// let error = ctx.send("ecoher", "Hello".to_string()).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// let error = error.downcast::<SendError>()?;
/// assert!(matches!(error.reason(), SendErrorReason::NotFound { .. }));
/// assert_eq!(error.into_body::<String>()?, "Hello");
/// # Ok(()) }
/// ```
pub struct SendError(Box<(SendErrorReason, LocalMessage)>);

/// Why a message was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendErrorReason {
    /// The onward or the return route cannot be used; the text says why.
    InvalidRoute(String),
    /// Nothing is at the first address of the route.
    NotFound {
        /// The address.
        address: Address,
        /// A known address with a similar name.
        nearest: Option<Address>,
    },
    /// The first address of the route belongs to a transport that this node does not have.
    NoTransport {
        /// The address.
        address: Address,
    },
    /// The hop of a transport was not resolved.
    Unresolved {
        /// What a caller can do about it.
        kind: ErrorKind,
        /// What the transport says.
        why: String,
    },
    /// The worker is stopping.
    Stopped {
        /// The worker's address.
        address: Address,
    },
    /// The connection to which the address belonged has ended.
    Ended {
        /// The address.
        address: Address,
        /// What ended it.
        why: String,
    },
    /// The mailbox is full; only `try_send` says so, `send` waits.
    Full {
        /// The worker's address.
        address: Address,
        /// How many messages its mailbox holds.
        capacity: usize,
    },
    /// An access control takes time to answer; only `try_send`, which does not wait, says so.
    MustWait {
        /// The sender's address.
        source: Address,
    },
    /// An access control said no.
    Denied {
        /// The sender's address.
        source: Address,
        /// The recipient's address.
        destination: Address,
        /// Whether it was the sender's own outgoing access control.
        outgoing: bool,
    },
}

impl SendError {
    pub(crate) fn new(reason: SendErrorReason, message: LocalMessage) -> Self {
        SendError(Box::new((reason, message)))
    }

    /// Returns why the message was not sent.
    #[must_use]
    pub fn reason(&self) -> &SendErrorReason {
        &self.0.0
    }

    /// Returns what a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self.reason() {
            SendErrorReason::InvalidRoute(_) => ErrorKind::InvalidInput,
            SendErrorReason::NotFound { .. } | SendErrorReason::NoTransport { .. } => {
                ErrorKind::NotFound
            }
            SendErrorReason::Unresolved { kind, .. } => *kind,
            SendErrorReason::Stopped { .. } | SendErrorReason::Ended { .. } => ErrorKind::Stopped,
            SendErrorReason::Full { .. } | SendErrorReason::MustWait { .. } => ErrorKind::Full,
            SendErrorReason::Denied { .. } => ErrorKind::Denied,
        }
    }

    /// Takes the message out.
    #[must_use]
    pub fn into_message(self) -> LocalMessage {
        self.0.1
    }

    /// Takes the body out.
    ///
    /// # Errors
    /// [`Encoding`](ErrorKind::Encoding) if the body is not an `M`.
    pub fn into_body<M: Message>(self) -> Result<M, Error> {
        match Routed::<M>::decode(self.into_message()) {
            Ok(routed) => Ok(routed.body()),
            Err((error, _)) => Err(Error::new(ErrorKind::Encoding, error)),
        }
    }

    /// Returns the route on which the message was to go.
    #[must_use]
    pub fn onward_route(&self) -> &Route {
        self.0.1.onward_route()
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return self.kind().fmt(f);
        }
        match self.reason() {
            SendErrorReason::InvalidRoute(why)
            | SendErrorReason::Unresolved { why, .. }
            | SendErrorReason::Ended { why, .. } => f.write_str(why),
            SendErrorReason::NotFound { address, nearest: Some(nearest) } => {
                write!(f, "no worker at {address} (did you mean {nearest}?)")
            }
            SendErrorReason::NotFound { address, nearest: None } => {
                write!(f, "no worker at {address}: start it first, or correct the address")
            }
            SendErrorReason::NoTransport { address } => write!(
                f,
                "{address} is not on this node, and the node has no transport of type {}: \
                 create the transport first",
                address.transport_type()
            ),
            SendErrorReason::Stopped { address } => {
                write!(f, "the worker at {address} has stopped")
            }
            SendErrorReason::Full { address, capacity } => {
                write!(f, "the mailbox of {address} is full: {capacity} messages wait in it")
            }
            SendErrorReason::MustWait { source } => write!(
                f,
                "an access control on the way from {source} takes time to answer: use `send`"
            ),
            SendErrorReason::Denied { source, destination, outgoing: true } => write!(
                f,
                "the outgoing access control of {source} does not allow a message to {destination}"
            ),
            SendErrorReason::Denied { source, destination, outgoing: false } => write!(
                f,
                "the incoming access control of {destination} does not allow a message from {source}"
            ),
        }
    }
}

impl fmt::Debug for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return self.kind().fmt(f);
        }
        f.debug_tuple("SendError").field(self.reason()).finish()
    }
}

impl core::error::Error for SendError {}

/// Wraps the leaf error with the kind that it stands for.
pub(crate) fn boundary(error: SendError) -> Error {
    Error::new(error.kind(), error)
}
