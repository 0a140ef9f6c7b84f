//! What two nodes of this library can do beyond Ockam 0.150.
//!
//! An initiator says what it understands in one byte behind its key in message 1, which Ockam 0.150
//! hashes and passes over. Only to an initiator that has said so a responder names, behind what it
//! shows in message 2, which of these it does too. So both ends know the same, nobody in between can
//! change it, since the handshake covers both, and Ockam 0.150 never sees an answer.

use core::fmt;
use core::ops::{BitAnd, BitOr};

/// A set of what nodes can agree on in a handshake.
///
/// ```
/// use ockam_identity::channel::Features;
///
/// // Bits that are not known, and what is behind the first byte, are for later versions.
/// let offered = Features::offered_in(&[0xff, 7]);
/// assert!((offered & Features::KNOWN).contains(Features::CONFIRMS | Features::HEARTBEATS));
/// assert_eq!(Features::offered_in(&[]), Features::NONE);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Features(u8);

impl Features {
    /// Nothing: what there is with Ockam 0.150.
    pub const NONE: Features = Features(0);
    /// The responder's message 0 says whether it takes the initiator: an empty message for yes, a
    /// close for no.
    pub const CONFIRMS: Features = Features(1);
    /// The responder answers when the initiator asks whether it is still there: a message to nobody
    /// with a body of one byte, and one without a body.
    pub const HEARTBEATS: Features = Features(2);
    /// The responder is not to be asked that more often than once a minute.
    pub const SLOW_HEARTBEATS: Features = Features(4);
    /// A responder whose node stops says that it is going away, and not that it has closed the channel:
    /// the initiator may make the channel again.
    pub const GOING_AWAY: Features = Features(8);
    /// All that this version knows.
    pub const KNOWN: Features = Features(15);

    /// Reads what an initiator understands from the payload of its message 1.
    #[must_use]
    pub fn offered_in(payload: &[u8]) -> Self {
        Features(payload.first().copied().unwrap_or_default())
    }

    /// Makes a set of its bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Features(bits)
    }

    /// Returns the bits, as they are on the wire.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Tells whether all of another set are in this one.
    #[must_use]
    pub fn contains(self, others: Features) -> bool {
        self & others == others
    }
}

/// What is in both sets.
impl BitAnd for Features {
    type Output = Features;

    fn bitand(self, other: Features) -> Features {
        Features(self.0 & other.0)
    }
}

/// What is in one of the sets.
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
