//! What can become of a message that is sent: the leaf error that gives it back.

#[cfg(feature = "texts")]
use crate::delivery::suggest;
#[cfg(feature = "texts")]
use crate::node::Node;
use alloc::boxed::Box;
use alloc::string::String;
#[cfg(feature = "texts")]
use alloc::sync::{Arc, Weak};
use core::fmt;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Message, Route, Routed, TEXTS};
#[cfg(feature = "texts")]
use once_cell::race::OnceBox;

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
pub struct SendError(Box<Unsent>);

struct Unsent {
    reason: SendErrorReason,
    message: LocalMessage,
    #[cfg(feature = "texts")]
    guess: Option<Guess>,
}

/// What the address of a message may have been meant to be. It is looked for when the reason is
/// read, since most errors are not, and never for a message from outside.
#[cfg(feature = "texts")]
struct Guess {
    node: Weak<Node>,
    reason: OnceBox<SendErrorReason>,
}

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
        /// A known address with a similar name, when the reason is read for the first time. Of a
        /// message that came as bytes, as those from other nodes do, none is looked for.
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
    /// The connection to which the address belonged has ended, or the node with its runtime.
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
    /// What waits in the mailbox holds too many bytes for one more message; only `try_send` says so,
    /// `send` waits. Boards do not count bytes.
    FullOfBytes {
        /// The worker's address.
        address: Address,
        /// How many bytes the bodies in its mailbox hold, with those of senders that come before.
        held: usize,
        /// How many they may hold; if a budget is taken that the mailbox shares with others, without
        /// that.
        limit: usize,
        /// How many the body of this message holds.
        len: usize,
    },
    /// It answers a message from outside, and the connection by which that came stands still: the
    /// peer takes nothing.
    Stalled {
        /// The address of the connection, or of the channel over it.
        address: Address,
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
        SendError(Box::new(Unsent {
            reason,
            message,
            #[cfg(feature = "texts")]
            guess: None,
        }))
    }

    /// Nothing is at an address of which a program may have meant another one.
    #[cfg(feature = "texts")]
    pub(crate) fn not_found(node: &Arc<Node>, address: Address, message: LocalMessage) -> Self {
        let mut error = Self::new(SendErrorReason::NotFound { address, nearest: None }, message);
        error.0.guess = Some(Guess { node: Arc::downgrade(node), reason: OnceBox::new() });
        error
    }

    /// Returns why the message was not sent.
    #[must_use]
    pub fn reason(&self) -> &SendErrorReason {
        #[cfg(feature = "texts")]
        if let (SendErrorReason::NotFound { address, .. }, Some(guess)) =
            (&self.0.reason, &self.0.guess)
        {
            return guess.reason.get_or_init(|| {
                let node = guess.node.upgrade();
                let nearest = node.and_then(|node| suggest::nearest(&node.workers, address));
                Box::new(SendErrorReason::NotFound { address: address.clone(), nearest })
            });
        }
        &self.0.reason
    }

    /// Returns what a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.reason {
            SendErrorReason::InvalidRoute(_) => ErrorKind::InvalidInput,
            SendErrorReason::NotFound { .. } | SendErrorReason::NoTransport { .. } => {
                ErrorKind::NotFound
            }
            SendErrorReason::Unresolved { kind, .. } => *kind,
            SendErrorReason::Stopped { .. } | SendErrorReason::Ended { .. } => ErrorKind::Stopped,
            SendErrorReason::Full { .. }
            | SendErrorReason::FullOfBytes { .. }
            | SendErrorReason::Stalled { .. }
            | SendErrorReason::MustWait { .. } => ErrorKind::Full,
            SendErrorReason::Denied { .. } => ErrorKind::Denied,
        }
    }

    /// Takes the message out.
    #[must_use]
    pub fn into_message(self) -> LocalMessage {
        self.0.message
    }

    /// Takes the body out.
    ///
    /// # Errors
    /// [`Encoding`](ErrorKind::Encoding) if the body is not an `M`.
    pub fn into_body<M: Message>(self) -> Result<M, Error> {
        match Routed::<M>::decode(self.into_message()) {
            Ok(routed) => Ok(routed.body()),
            Err((error, _)) => Err(Error::with_kind(ErrorKind::Encoding, error)),
        }
    }

    /// Returns the route on which the message was to go.
    #[must_use]
    pub fn onward_route(&self) -> &Route {
        self.0.message.onward_route()
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
            SendErrorReason::FullOfBytes { address, held, limit, len } => write!(
                f,
                "the mailbox of {address} is full: {held} of at most {limit} bytes wait in it, and \
                 the message holds {len}"
            ),
            SendErrorReason::Stalled { address } => write!(
                f,
                "an answer over {address} was not sent: the other side takes nothing off the \
                 connection"
            ),
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
            return fmt::Display::fmt(self, f);
        }
        f.debug_tuple("SendError").field(self.reason()).finish()
    }
}

impl core::error::Error for SendError {}

/// Wraps the leaf error with the kind that it stands for.
pub(crate) fn boundary(error: SendError) -> Error {
    Error::with_kind(error.kind(), error)
}
