//! Where a link is, and what is known about it.

#[cfg(feature = "std")]
use crate::executor::Instant;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
#[cfg(feature = "std")]
use ockam_core::Address;

/// How long a link that is made again may be away before its attempts are a WARN in the log: one
/// for the whole time that it is away, with the attempt that comes next.
#[cfg(feature = "std")]
pub const LINK_DOWN_WARNING: Duration = Duration::from_secs(30);

/// How long after a link was lost the waits between attempts to make it again stay short: at most
/// [`LINK_EAGER_WAIT`]. Then they double up to the longest. So what was restarted is found again at
/// once, and what is away for hours is not asked all the time.
pub const LINK_EAGER_FOR: Duration = Duration::from_secs(30);

/// How long the waits between attempts are at most for the first [`LINK_EAGER_FOR`], unless the
/// first wait is longer.
pub const LINK_EAGER_WAIT: Duration = Duration::from_secs(1);

/// What kind of link it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkKind {
    /// A connection to another node, such as one over TCP.
    Connection,
    /// A secure channel.
    Channel,
    /// A relay at another node that leads to this one.
    Relay,
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LinkKind::Connection => "connection",
            LinkKind::Channel => "channel",
            LinkKind::Relay => "relay",
        })
    }
}

/// Where a link is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkState {
    /// It carries messages.
    Up,
    /// It carries none, and is being made: an attempt is under way or waited for.
    #[non_exhaustive]
    Connecting {
        /// The number of that attempt: one more than have failed since the link was up.
        attempt: u32,
        /// Why the attempt before failed; for the first one why the link was lost, or nothing if
        /// it has not been up.
        why: String,
    },
    /// It carries none, and its owner does not try to make it.
    #[non_exhaustive]
    Down {
        /// Why.
        why: String,
    },
}

impl LinkState {
    /// Makes the state of a link that is being made.
    #[doc(hidden)]
    #[must_use]
    pub fn connecting(attempt: u32, why: impl Into<String>) -> Self {
        LinkState::Connecting { attempt, why: why.into() }
    }

    /// Makes the state of a link that is not made any more.
    #[doc(hidden)]
    #[must_use]
    pub fn down(why: impl Into<String>) -> Self {
        LinkState::Down { why: why.into() }
    }

    /// Tells whether the link carries messages.
    #[must_use]
    pub fn is_up(&self) -> bool {
        *self == LinkState::Up
    }

    /// Returns why the link carries no messages; `None` if it is up.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            LinkState::Up => None,
            LinkState::Connecting { why, .. } | LinkState::Down { why } => Some(why),
        }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkState::Up => f.write_str("up"),
            LinkState::Connecting { attempt, why } if why.is_empty() => {
                write!(f, "connecting (attempt {attempt})")
            }
            LinkState::Connecting { attempt, why } => {
                write!(f, "connecting (attempt {attempt}): {why}")
            }
            LinkState::Down { why } => write!(f, "down: {why}"),
        }
    }
}

/// Where a link is, and since when.
#[cfg(feature = "std")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkStatus {
    /// Where it is.
    pub state: LinkState,
    /// Since when it is up, connecting or down; one more attempt does not change it.
    pub since: Instant,
}

/// What is known about a link at one moment. It reads as a line:
/// `connection 0#3f2a (127.0.0.1:4000): up`.
#[cfg(feature = "std")]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkInfo {
    /// What kind of link it is.
    pub kind: LinkKind,
    /// The address on this node that stands for it: what is sent to a connection or a channel
    /// leaves through it; a relay's is that of the worker that keeps it.
    pub address: Address,
    /// The other end: `127.0.0.1:4000`, an identifier, the name of a relay.
    pub name: String,
    /// Where it is.
    pub state: LinkState,
    /// Since when it is up, connecting or down.
    pub since: Instant,
}

#[cfg(feature = "std")]
impl fmt::Display for LinkInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LinkInfo { kind, address, name, state, .. } = self;
        write!(f, "{kind} {address} ({name}): {state}")
    }
}
