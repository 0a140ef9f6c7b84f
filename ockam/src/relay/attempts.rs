//! When a registration is tried again, and how long one attempt may take: plain data, without a
//! clock.

use super::{RELAY_ATTEMPT_LIMIT, RELAY_FIRST_WAIT};
use core::time::Duration;
use ockam_node::Backoff;

/// The attempts since a relay was registered for long enough to count as good.
pub(super) struct Attempts {
    longest_wait: Duration,
    /// How many have failed, and how many of those for want of an answer.
    failed: u32,
    unanswered: u32,
    waits: Backoff,
    /// What the attempts and the waits have taken, at least.
    taken: Duration,
}

impl Attempts {
    pub(super) fn new(longest_wait: Duration) -> Self {
        let waits = Backoff::new(RELAY_FIRST_WAIT, longest_wait);
        Attempts { longest_wait, failed: 0, unanswered: 0, waits, taken: Duration::ZERO }
    }

    /// Begins anew.
    pub(super) fn reset(&mut self) {
        *self = Attempts::new(self.longest_wait);
    }

    /// Returns the number of the next attempt.
    pub(super) fn number(&self) -> u32 {
        self.failed.saturating_add(1)
    }

    /// Returns how long the next attempt may take. A registration that was lost is repeated soon; over
    /// a way that is slow each attempt may take twice as long as the one before.
    pub(super) fn limit(&self, timeout: Duration) -> Duration {
        let factor = 1_u32.checked_shl(self.unanswered).unwrap_or(u32::MAX);
        RELAY_ATTEMPT_LIMIT.saturating_mul(factor).min(timeout)
    }

    /// Takes note of an attempt that has failed; `unanswered` is how long it waited if no answer came.
    pub(super) fn failed(&mut self, unanswered: Option<Duration>) {
        self.failed = self.failed.saturating_add(1);
        if let Some(waited) = unanswered {
            self.unanswered = self.unanswered.saturating_add(1);
            self.taken = self.taken.saturating_add(waited);
        }
    }

    /// Returns how long to wait before the next attempt, shortened by chance by up to a half.
    pub(super) fn wait(&mut self, random: u32) -> Duration {
        let wait = self.waits.next(self.taken, random);
        self.taken = self.taken.saturating_add(wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DEFAULT_TIMEOUT;
    use crate::relay::RELAY_LONGEST_WAIT;
    use ockam_node::{LINK_EAGER_FOR, LINK_EAGER_WAIT};

    #[test]
    fn the_waits_stay_short_until_the_relay_is_away_for_long() {
        for random in [0, u32::MAX] {
            let mut attempts = Attempts::new(RELAY_LONGEST_WAIT);
            while attempts.taken < LINK_EAGER_FOR {
                attempts.failed(None);
                let wait = attempts.wait(random);
                assert!(wait <= LINK_EAGER_WAIT && wait >= RELAY_FIRST_WAIT / 2, "{wait:?}");
            }
            assert!((30..80).contains(&attempts.failed), "{}", attempts.failed);
            let later: [Duration; 5] = core::array::from_fn(|_| attempts.wait(random));
            assert!(later[0] > LINK_EAGER_WAIT / 2 && later.is_sorted(), "{later:?}");
            assert!(later[4] <= RELAY_LONGEST_WAIT && later[4] >= RELAY_LONGEST_WAIT / 2);
        }
    }

    #[test]
    fn an_attempt_that_gets_no_answer_leaves_more_time_to_the_next() {
        let mut attempts = Attempts::new(RELAY_LONGEST_WAIT);
        attempts.failed(None);
        let mut limits = Vec::new();
        for _ in 0..40 {
            let limit = attempts.limit(DEFAULT_TIMEOUT);
            limits.push(limit.as_secs());
            attempts.failed(Some(limit));
        }
        assert_eq!(limits[..6], [2, 4, 8, 16, 30, 30]);
        assert_eq!((limits[39], attempts.number()), (30, 42));
        assert!(
            attempts.wait(u32::MAX) <= LINK_EAGER_WAIT
                && attempts.wait(u32::MAX) > LINK_EAGER_WAIT / 4
        );
        attempts.reset();
        assert_eq!((attempts.number(), attempts.limit(Duration::MAX)), (1, RELAY_ATTEMPT_LIMIT));
    }

    #[test]
    fn a_program_may_choose_any_longest_wait() {
        assert_eq!(Attempts::new(Duration::ZERO).wait(u32::MAX), Duration::ZERO);
        let mut never = Attempts::new(Duration::MAX);
        never.taken = LINK_EAGER_FOR;
        assert!((0..80).map(|_| never.wait(0)).any(|wait| wait > Duration::MAX / 3));
    }
}
