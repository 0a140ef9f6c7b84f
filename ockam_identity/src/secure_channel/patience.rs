//! How long the attempts of an outage wait for the peer: plain data, without a clock.

use core::time::Duration;
use ockam_core::{Error, ErrorKind};

/// How long the first attempt waits for an answer, and then for the decision of the peer. Each attempt
/// of an outage that has waited for it in vain doubles it, up to the limit of the channel's first
/// handshake: over a very slow path an answer takes its time. An attempt that fails at once doubles
/// nothing.
pub const CHANNEL_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long attempts wait, and how many of an outage have waited in vain.
pub(super) struct Patience {
    longest: Duration,
    unanswered: u32,
    undecided: u32,
}

impl Patience {
    /// Begins with no attempt, and with how long the first handshake might have taken.
    pub(super) fn new(timeout: Duration) -> Self {
        let longest = timeout.max(CHANNEL_ATTEMPT_TIMEOUT);
        Patience { longest, unanswered: 0, undecided: 0 }
    }

    /// Returns how long the next attempt waits for an answer.
    pub(super) fn answer(&self) -> Duration {
        self.doubled(self.unanswered)
    }

    /// Returns how long the next attempt waits for the decision of the peer.
    pub(super) fn decision(&self) -> Duration {
        self.doubled(self.undecided)
    }

    fn doubled(&self, times: u32) -> Duration {
        CHANNEL_ATTEMPT_TIMEOUT.saturating_mul(1 << times.min(16)).min(self.longest)
    }

    /// Takes note of an attempt that has no answer.
    pub(super) fn count_unanswered(&mut self, error: &Error) {
        count_if_late(&mut self.unanswered, error);
    }

    /// Takes note of an attempt that has an answer and no decision.
    pub(super) fn count_undecided(&mut self, error: &Error) {
        count_if_late(&mut self.undecided, error);
    }
}

fn count_if_late(count: &mut u32, error: &Error) {
    if error.kind() == ErrorKind::TimedOut {
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn only_what_was_late_is_waited_for_longer() {
        let mut patience = Patience::new(120 * SECOND);
        let error = |kind| Error::with_kind(kind, "why");
        for _ in 0..10 {
            patience.count_unanswered(&error(ErrorKind::NotFound));
            patience.count_undecided(&error(ErrorKind::Stopped));
        }
        assert_eq!(patience.answer(), 10 * SECOND);
        patience.count_unanswered(&error(ErrorKind::TimedOut));
        assert_eq!((patience.answer(), patience.decision()), (20 * SECOND, 10 * SECOND));
        for _ in 0..100 {
            patience.count_undecided(&error(ErrorKind::TimedOut));
        }
        assert_eq!((patience.answer(), patience.decision()), (20 * SECOND, 120 * SECOND));
    }

    #[test]
    fn a_short_limit_of_the_first_handshake_does_not_shorten_attempts() {
        assert_eq!(Patience::new(SECOND).answer(), CHANNEL_ATTEMPT_TIMEOUT);
    }
}
