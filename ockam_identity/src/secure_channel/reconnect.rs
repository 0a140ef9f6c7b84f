//! When a channel whose path was lost is made again: the waits and the number of attempts.
//!
//! It refuses to know what an attempt is.

use core::time::Duration;
use ockam_node::Backoff;
#[cfg(doc)]
use ockam_node::LINK_EAGER_FOR;

/// The wait behind the first attempt. Over a path that takes longer there and back a message of the
/// handshake is sent twice, which does no harm.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Says how a secure channel is made again whose path was lost.
///
/// The first attempt is made at once. Then the waits double from 250 ms, up to one second in the first
/// [`LINK_EAGER_FOR`] and up to the longest wait behind that. Each is shortened by chance by up to a
/// half, so that many nodes that lost the same peer do not come back at the same moment. An attempt
/// resolves the route that the program gave, and begins a handshake; within an attempt the waits are
/// those until the first message of the handshake is sent once more.
///
/// ```
/// use ockam_identity::{ChannelReconnect, SecureChannelOptions};
/// use std::time::Duration;
///
/// let reconnect = ChannelReconnect::new().with_longest_wait(Duration::from_secs(60));
/// let options = SecureChannelOptions::new().with_reconnect(reconnect);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct ChannelReconnect {
    longest_wait: Duration,
    attempts: Option<u32>,
}

impl ChannelReconnect {
    /// Tries again and again, with waits of 15 s at most.
    pub fn new() -> Self {
        ChannelReconnect { longest_wait: Duration::from_secs(15), attempts: None }
    }

    /// Sets the longest wait, at least 250 ms.
    pub fn with_longest_wait(mut self, longest: Duration) -> Self {
        self.longest_wait = longest.max(FIRST_WAIT);
        self
    }

    /// Gives up after a number of attempts in a row that failed, at least one. The channel is down then
    /// until it is given a route.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts.max(1));
        self
    }

    /// Tells whether there is another attempt behind so many that have failed.
    pub(super) fn goes_on_after(&self, failed: u32) -> bool {
        self.attempts.is_none_or(|attempts| failed < attempts)
    }

    /// Begins with the waits of an outage.
    pub(super) fn backoff(&self) -> Backoff {
        Backoff::new(FIRST_WAIT, self.longest_wait)
    }
}

impl Default for ChannelReconnect {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use ockam_node::LINK_EAGER_FOR;

    fn waits(backoff: &mut Backoff, away: Duration, count: usize) -> Vec<u128> {
        (0..count).map(|_| backoff.next(away, u32::MAX).as_millis()).collect()
    }

    #[test]
    fn the_waits_double_to_a_second_first_and_then_to_the_longest() {
        let mut backoff = ChannelReconnect::new().backoff();
        assert_eq!(waits(&mut backoff, Duration::ZERO, 5), [250, 500, 1000, 1000, 1000]);
        let later = waits(&mut backoff, LINK_EAGER_FOR, 6);
        assert_eq!(later, [2000, 4000, 8000, 15_000, 15_000, 15_000]);
    }

    #[test]
    fn chance_takes_at_most_half_of_a_wait() {
        let mut backoff = ChannelReconnect::new().backoff();
        assert_eq!(backoff.next(Duration::ZERO, 0).as_millis(), 125);
        assert_eq!(backoff.next(LINK_EAGER_FOR, 0).as_millis(), 250);
    }

    #[test]
    fn the_longest_wait_may_be_short_or_without_end() {
        let short = ChannelReconnect::new().with_longest_wait(Duration::ZERO);
        assert_eq!(waits(&mut short.backoff(), LINK_EAGER_FOR, 2), [250, 250]);
        let long = ChannelReconnect::new().with_longest_wait(Duration::MAX);
        let mut backoff = long.backoff();
        waits(&mut backoff, LINK_EAGER_FOR, 200);
        assert!(backoff.next(Duration::MAX, u32::MAX) > Duration::MAX / 2);
    }

    #[test]
    fn attempts_may_be_counted() {
        assert!(ChannelReconnect::new().goes_on_after(u32::MAX));
        let two = ChannelReconnect::new().with_attempts(2);
        assert!(two.goes_on_after(1) && !two.goes_on_after(2));
    }
}
