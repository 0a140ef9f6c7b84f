//! When a lost connection is dialled again, and when that is given up.
//!
//! It owns the waits and the number of attempts. It refuses to know sockets.

use core::time::Duration;
use ockam_node::Backoff;
#[cfg(doc)]
use ockam_node::{LINK_EAGER_FOR, LINK_EAGER_WAIT};

/// How long a connection has to live until the attempt that made it counts as good. One that ends
/// earlier, or before the peer has said its first byte, is an attempt that failed.
pub const RECONNECT_PROVEN_AFTER: Duration = Duration::from_secs(5);

/// The shortest wait between two attempts.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Says how a connection that was lost is made again.
///
/// The first attempt is made at once. Then the waits double from the first to the longest, but for
/// the first [`LINK_EAGER_FOR`] they are at most [`LINK_EAGER_WAIT`], or the first if that is longer.
/// Each is shortened by chance by up to a half, so that many nodes that lost the same peer do not come back
/// at the same moment. An attempt is good once the peer has said its first byte and the connection
/// has lived for [`RECONNECT_PROVEN_AFTER`]: a peer that accepts connections and ends them again
/// uses up the attempts like one that does not answer.
///
/// Asks that waited for an answer fail when the connection is lost; what is sent while it is down
/// waits in the sender's mailbox, and those who send wait in line once that is full. When the
/// attempts are used up the connection ends, and what waits is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct TcpReconnect {
    first_wait: Duration,
    longest_wait: Duration,
    attempts: Option<u32>,
}

impl TcpReconnect {
    /// Tries again and again: at once, then after 100 ms, doubling up to a second, and after 30 s
    /// without success up to 10 s.
    pub fn new() -> Self {
        TcpReconnect {
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(10),
            attempts: None,
        }
    }

    /// Sets the wait after the first attempt that fails, and the longest one. Waits of less than a
    /// millisecond are taken for a millisecond.
    pub fn with_waits(mut self, first: Duration, longest: Duration) -> Self {
        self.first_wait = first.max(SHORTEST_WAIT);
        self.longest_wait = longest.max(self.first_wait);
        self
    }

    /// Gives up after a number of attempts in a row that failed, at least one.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts.max(1));
        self
    }
}

impl Default for TcpReconnect {
    fn default() -> Self {
        Self::new()
    }
}

/// The attempts in a row that have failed so far.
pub(crate) struct Attempts {
    reconnect: TcpReconnect,
    made: u32,
    waits: Backoff,
}

impl Attempts {
    pub(crate) fn new(reconnect: TcpReconnect) -> Self {
        let waits = Backoff::new(reconnect.first_wait, reconnect.longest_wait);
        Attempts { reconnect, made: 0, waits }
    }

    /// Takes note of a connection that was lost after `lived`; `greeted` if the peer had said its
    /// first byte. Returns whether it was a good one.
    pub(crate) fn lost(&mut self, greeted: bool, lived: Duration) -> bool {
        let was_good = greeted && lived >= RECONNECT_PROVEN_AFTER;
        if was_good {
            *self = Attempts::new(self.reconnect);
        }
        was_good
    }

    /// Returns how long to wait before the next attempt, or `None` if there shall be none.
    /// `random` shortens the wait by up to a half; `away` is for how long there was no good
    /// connection.
    pub(crate) fn next(&mut self, random: u32, away: Duration) -> Option<Duration> {
        if !self.has_attempts() {
            return None;
        }
        self.made = self.made.saturating_add(1);
        if self.made == 1 {
            return Some(Duration::ZERO);
        }
        Some(self.waits.next(away, random))
    }

    /// Tells whether there shall be another attempt.
    pub(crate) fn has_attempts(&self) -> bool {
        self.reconnect.attempts.is_none_or(|attempts| self.made < attempts)
    }

    /// Returns how many attempts in a row were made.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ockam_node::{LINK_EAGER_FOR, LINK_EAGER_WAIT};

    const MS: Duration = Duration::from_millis(1);

    fn waits(backoff: &mut Attempts, count: usize, random: u32) -> Vec<Duration> {
        (0..count).map_while(|_| backoff.next(random, Duration::ZERO)).collect()
    }

    #[test]
    fn the_waits_double_up_to_the_longest() {
        let reconnect = TcpReconnect::new().with_waits(100 * MS, 1000 * MS);
        let mut backoff = Attempts::new(reconnect);
        let expected = [0, 100, 200, 400, 800, 1000, 1000].map(Duration::from_millis);
        assert_eq!(waits(&mut backoff, 7, u32::MAX), expected);
    }

    #[test]
    fn the_waits_stay_short_until_the_connection_is_away_for_long() {
        let mut backoff = Attempts::new(TcpReconnect::new());
        let mut away = Duration::ZERO;
        while away < LINK_EAGER_FOR {
            let wait = backoff.next(u32::MAX, away).unwrap();
            assert!(wait <= LINK_EAGER_WAIT, "{wait:?} after {away:?}");
            away += wait;
        }
        let later: Vec<_> = (0..5).map_while(|_| backoff.next(u32::MAX, away)).collect();
        assert_eq!(later, [2, 4, 8, 10, 10].map(Duration::from_secs));
        // A program that wants longer waits from the beginning gets them.
        let slow = TcpReconnect::new().with_waits(5000 * MS, 60_000 * MS);
        assert_eq!(
            waits(&mut Attempts::new(slow), 3, u32::MAX),
            [0, 5, 5].map(Duration::from_secs)
        );
    }

    #[test]
    fn chance_takes_at_most_half_of_a_wait() {
        let reconnect = TcpReconnect::new().with_waits(100 * MS, 1000 * MS);
        let mut backoff = Attempts::new(reconnect);
        let expected = [0, 50, 100, 200, 400, 500, 500].map(Duration::from_millis);
        assert_eq!(waits(&mut backoff, 7, 0), expected);
    }

    #[test]
    fn only_a_connection_that_was_greeted_and_has_lived_gives_the_attempts_back() {
        let mut backoff = Attempts::new(TcpReconnect::new().with_attempts(2));
        let short = RECONNECT_PROVEN_AFTER - MS;
        for (greeted, lived) in [(true, short), (false, Duration::MAX), (true, Duration::ZERO)] {
            backoff.lost(greeted, lived);
            backoff.next(0, Duration::ZERO);
        }
        assert_eq!(backoff.next(0, Duration::ZERO), None);
        backoff.lost(true, RECONNECT_PROVEN_AFTER);
        assert_eq!(waits(&mut backoff, 9, u32::MAX), [Duration::ZERO, 100 * MS]);
    }

    #[test]
    fn waits_without_end_and_without_length_are_possible() {
        let never = TcpReconnect::new().with_waits(Duration::MAX, Duration::MAX);
        assert!(waits(&mut Attempts::new(never), 9, u32::MAX)[8] > Duration::MAX / 2);
        let at_once = TcpReconnect::new().with_waits(Duration::ZERO, Duration::ZERO);
        assert_eq!(waits(&mut Attempts::new(at_once), 3, u32::MAX), [Duration::ZERO, MS, MS]);
    }
}
