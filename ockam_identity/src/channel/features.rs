//! Protocol features beyond Ockam 0.150 that two nodes of this library negotiate.
//!
//! An initiator offers the features that it supports in one byte after its key in message 1, which
//! Ockam 0.150 hashes and ignores. Only to such an initiator a responder names the features that it
//! supports too, at the end of the payload of message 2. Both ends so agree on the same set, a party
//! in the middle cannot change it, since the handshake covers both messages, and Ockam 0.150 never
//! receives a response with features.

use core::fmt;
use core::ops::{BitAnd, BitOr};

/// A set of features that nodes negotiate in a handshake.
///
/// ```
/// use ockam_identity::channel::Features;
///
/// // Unknown bits, and bytes after the first one, are reserved for later versions.
/// let offered = Features::offered_in(&[0xff, 7]);
/// assert!((offered & Features::KNOWN).contains(Features::CONFIRMS | Features::HEARTBEATS));
/// assert_eq!(Features::offered_in(&[]), Features::NONE);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Features(u8);

impl Features {
    /// No features, as with Ockam 0.150.
    pub const NONE: Features = Features(0);
    /// The responder's message 0 says whether it accepts the initiator: an empty message for yes, a
    /// close for no.
    pub const CONFIRMS: Features = Features(1);
    /// The responder answers heartbeats of the initiator: a message with an empty route and a body
    /// of one byte, answered by one with an empty body.
    pub const HEARTBEATS: Features = Features(2);
    /// The responder requests that the initiator sends at most one heartbeat per minute.
    pub const SLOW_HEARTBEATS: Features = Features(4);
    /// A responder whose node stops says that it is going away, and not that it has closed the channel:
    /// the initiator may make the channel again.
    pub const GOING_AWAY: Features = Features(8);
    /// All features of this version.
    pub const KNOWN: Features = Features(15);

    /// Reads the features that an initiator offers in the payload of its message 1.
    #[must_use]
    pub fn offered_in(payload: &[u8]) -> Self {
        Features(payload.first().copied().unwrap_or_default())
    }

    /// Creates a set from its bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Features(bits)
    }

    /// Returns the bits, as they are on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Returns whether this set contains all features of another.
    #[must_use]
    pub fn contains(self, others: Features) -> bool {
        self & others == others
    }
}

/// The intersection of two sets.
impl BitAnd for Features {
    type Output = Features;

    fn bitand(self, other: Features) -> Features {
        Features(self.0 & other.0)
    }
}

/// The union of two sets.
impl BitOr for Features {
    type Output = Features;

    fn bitor(self, other: Features) -> Features {
        Features(self.0 | other.0)
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Features({:#04x})", self.0)
    }
}
