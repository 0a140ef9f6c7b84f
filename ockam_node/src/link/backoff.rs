//! The waits between attempts to make a link again: plain data, without a clock.

use super::state::{LINK_EAGER_FOR, LINK_EAGER_WAIT};
use crate::context::Handle;
use core::time::Duration;

/// The waits of one outage of a link. They double from the first to the longest, but are at most
/// [`LINK_EAGER_WAIT`], or the first if that is longer, for the first [`LINK_EAGER_FOR`]. Each is
/// shortened by chance by up to a half, so that many nodes that lost the same peer do not come back
/// at the same moment.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Begins with the first wait, or the longest if that is shorter.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        let first = first.min(longest);
        Backoff { first, longest, next: first }
    }

    /// Returns the next wait, `away` after the link was lost. `random` says how much it is shortened:
    /// by a half if it is 0, and not at all if it is the greatest number.
    pub fn next(&mut self, away: Duration, random: u32) -> Duration {
        let longest = match away < LINK_EAGER_FOR {
            true => self.longest.min(LINK_EAGER_WAIT.max(self.first)),
            false => self.longest,
        };
        let wait = self.next.min(longest);
        self.next = wait.saturating_mul(2).min(self.longest);
        shortened(wait, random)
    }

    /// Returns the longest wait.
    #[must_use]
    pub fn longest(&self, random: u32) -> Duration {
        shortened(self.longest, random)
    }

    /// Draws how much a wait is shortened.
    #[must_use]
    pub fn random(handle: &Handle) -> u32 {
        let [a, b, c, d, ..] = handle.random_bits();
        u32::from_le_bytes([a, b, c, d])
    }
}

/// Shortens a wait by up to a half.
fn shortened(wait: Duration, random: u32) -> Duration {
    let half = wait / 2;
    let more = match half.checked_mul(random) {
        Some(product) => product / u32::MAX,
        // So long that what is lost of it does not matter.
        None => half / u32::MAX * random,
    };
    half + more
}
