//! Whether the peer at the other end of a channel is still there.
//!
//! The initiator asks when it has heard nothing for a while, and the responder answers. Both are
//! messages to nobody inside of the channel, and are sent only if the handshake has agreed on it:
//! Ockam 0.150 sees none. It owns what they are and when silence is the end. It refuses to know what
//! becomes of a channel whose peer is gone (`reconnector`).
//!
//! ```text
//!   something heard ── an interval, or less on a busy channel ──> asks ── asks ── ... ──> gone
//!         ▲                                                         └────┐
//!         └──────────────── anything that verifies ──────────────────────┘
//! ```

use crate::channel::{ChannelMessage, Features};
#[cfg(feature = "std")]
use core::time::Duration;
use ockam_core::{Route, TransportMessage};

/// How often the initiator of an idle channel asks whether the responder is still there, unless the
/// options say otherwise. One that is gone is found within three of these.
#[cfg(feature = "std")]
pub const DEFAULT_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(10);

/// The shortest interval that is used with a responder that is not to be woken often, such as one on a
/// board.
#[cfg(feature = "std")]
pub const MIN_SLOW_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(60);

/// The shortest interval that an option can set.
#[cfg(feature = "std")]
pub const MIN_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// How long the initiator waits for the answer to a heartbeat before it asks once more. It is four
/// times what the handshake took if that is more, and half of the interval at most.
#[cfg(feature = "std")]
pub const HEARTBEAT_PATIENCE: Duration = Duration::from_secs(2);

/// How many heartbeats in a row are not answered until the responder counts as gone.
#[cfg(feature = "std")]
pub const MAX_UNANSWERED_HEARTBEATS: u32 = 3;

/// What a listener offers to initiators that understand it. A board is not woken often.
pub(super) const OFFERED: Features = if cfg!(feature = "std") {
    Features::from_bits(Features::KNOWN.bits() ^ Features::SLOW_HEARTBEATS.bits())
} else {
    Features::KNOWN
};

/// The shortest time between two answers of a responder: who asks more often is not answered. Boards do
/// not look at the time.
#[cfg(feature = "std")]
pub(super) const MIN_ANSWER_GAP: Duration = Duration::from_millis(250);

/// What an initiator does next.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// Something was heard, or there was nothing to hear so far.
    Fine,
    /// It asks the responder.
    Ask,
    /// The responder is gone.
    Gone,
}

/// What an initiator has heard so far.
///
/// While messages go to and fro it is looked at often, so that a responder which falls silent is found
/// sooner. That of an idle channel is looked at twice in an interval.
#[cfg(feature = "std")]
#[derive(Debug)]
pub(super) struct Pulse {
    interval: Duration,
    patience: Duration,
    /// How many messages had been heard at the last look.
    heard: usize,
    /// Something was heard between the last two looks that may be more than the answer to a heartbeat.
    is_active: bool,
    /// How many heartbeats in a row were not answered.
    unanswered: u32,
}

#[cfg(feature = "std")]
impl Pulse {
    /// Begins with the interval of the options and the time that the handshake took, for a responder
    /// that has agreed on some features; `None` if heartbeats are not among them.
    pub(super) fn new(interval: Duration, handshake: Duration, agreed: Features) -> Option<Self> {
        if !agreed.contains(Features::HEARTBEATS) {
            return None;
        }
        let shortest = if agreed.contains(Features::SLOW_HEARTBEATS) {
            MIN_SLOW_HEARTBEAT_INTERVAL
        } else {
            MIN_HEARTBEAT_INTERVAL
        };
        let interval = interval.max(shortest);
        let patience = HEARTBEAT_PATIENCE.max(handshake.saturating_mul(4)).min(interval / 2);
        Some(Pulse { interval, patience, heard: 0, is_active: true, unanswered: 0 })
    }

    /// Returns the time until the next look.
    pub(super) fn wait(&self) -> Duration {
        if self.is_active || self.unanswered > 0 {
            self.patience
        } else {
            self.interval - self.patience
        }
    }

    /// Looks at how many messages were heard in all.
    pub(super) fn look(&mut self, heard: usize) -> Beat {
        let is_heard = heard != self.heard;
        self.heard = heard;
        self.is_active = is_heard && self.unanswered == 0;
        if is_heard {
            self.unanswered = 0;
            return Beat::Fine;
        }
        if self.unanswered == MAX_UNANSWERED_HEARTBEATS {
            return Beat::Gone;
        }
        self.unanswered += 1;
        Beat::Ask
    }
}

/// Makes the question: a message to nobody with a body of one byte.
#[cfg(feature = "std")]
pub(super) fn question() -> ChannelMessage {
    to_nobody(&[1])
}

/// Makes the answer: a message to nobody without a body.
pub(super) fn answer() -> ChannelMessage {
    to_nobody(&[])
}

fn to_nobody(body: &[u8]) -> ChannelMessage {
    ChannelMessage::Data(TransportMessage::new(Route::new(), Route::new(), body))
}

/// Tells whether a message is a question, which a responder answers.
pub(super) fn is_question(message: &TransportMessage) -> bool {
    message.onward_route.is_empty() && message.payload.to_bytes().is_ok_and(|body| body.len() == 1)
}

#[cfg(all(test, feature = "std"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use Beat::{Ask, Fine, Gone};
    use alloc::vec;
    use alloc::vec::Vec;

    const SECOND: Duration = Duration::from_secs(1);

    fn pulse(interval: Duration) -> Pulse {
        Pulse::new(interval, Duration::ZERO, Features::HEARTBEATS).unwrap()
    }

    /// Looks as time goes by, each time after so many more were heard; returns the beats and the time.
    fn beats(pulse: &mut Pulse, more: &[usize]) -> (Vec<Beat>, Duration) {
        let (mut heard, mut time) = (pulse.heard, Duration::ZERO);
        let beats = more.iter().map(|more| {
            time += pulse.wait();
            heard += more;
            pulse.look(heard)
        });
        (beats.collect(), time)
    }

    #[test]
    fn a_peer_that_falls_silent_is_gone_within_three_intervals_on_an_idle_channel() {
        for interval in [SECOND, 2 * SECOND, 10 * SECOND, 60 * SECOND] {
            let mut pulse = pulse(interval);
            let (idle, _) = beats(&mut pulse, &[0, 1, 0, 1]);
            assert_eq!(idle, [Ask, Fine, Ask, Fine]);
            // Heard just behind a look, so it is new at the next one.
            let (beats, time) = beats(&mut pulse, &[1, 0, 0, 0, 0]);
            assert_eq!(beats, [Fine, Ask, Ask, Ask, Gone]);
            assert!(time <= 3 * interval, "{time:?} of {interval:?}");
        }
    }

    #[test]
    fn a_peer_that_falls_silent_is_gone_in_seconds_on_a_busy_channel() {
        let mut pulse = pulse(10 * SECOND);
        let (beats, time) = beats(&mut pulse, &[9, 1, 0, 0, 0, 0]);
        assert_eq!(beats, [Fine, Fine, Ask, Ask, Ask, Gone]);
        assert_eq!(time, 6 * HEARTBEAT_PATIENCE);
    }

    #[test]
    fn an_idle_channel_has_at_most_one_question_for_each_interval_and_a_busy_one_none() {
        let mut idle = pulse(10 * SECOND);
        let (mut heard, mut asked, mut time) = (0, 0, Duration::ZERO);
        while time + idle.wait() <= 120 * SECOND {
            time += idle.wait();
            if idle.look(heard) == Ask {
                // It is answered at once.
                (asked, heard) = (asked + 1, heard + 1);
            }
        }
        // The first a moment after the handshake.
        assert_eq!(asked, 12);
        let (beats, _) = beats(&mut pulse(10 * SECOND), &[1; 100]);
        assert!(beats.iter().all(|beat| *beat == Fine));
    }

    #[test]
    fn an_answer_that_comes_late_is_one() {
        let mut pulse = pulse(10 * SECOND);
        let (beats, _) = beats(&mut pulse, &[0, 0, 0, 1, 0]);
        assert_eq!(beats, [Ask, Ask, Ask, Fine, Ask]);
    }

    #[test]
    fn the_interval_is_what_both_sides_agree_on() {
        let interval =
            |asked, agreed| Pulse::new(asked, Duration::ZERO, agreed).map(|pulse| pulse.interval);
        assert_eq!(interval(10 * SECOND, Features::CONFIRMS), None);
        assert_eq!(interval(10 * SECOND, Features::HEARTBEATS), Some(10 * SECOND));
        assert_eq!(interval(Duration::ZERO, Features::HEARTBEATS), Some(MIN_HEARTBEAT_INTERVAL));
        let slow = Features::HEARTBEATS | Features::SLOW_HEARTBEATS;
        assert_eq!(interval(10 * SECOND, slow), Some(MIN_SLOW_HEARTBEAT_INTERVAL));
        assert_eq!(interval(90 * SECOND, slow), Some(90 * SECOND));
    }

    #[test]
    fn over_a_slow_path_an_answer_has_more_time() {
        let of = |handshake| Pulse::new(10 * SECOND, handshake, Features::HEARTBEATS).unwrap();
        let patience = |handshake| of(handshake).patience;
        assert_eq!(patience(SECOND / 10), HEARTBEAT_PATIENCE);
        assert_eq!(patience(SECOND), 4 * SECOND);
        assert_eq!(patience(60 * SECOND), 5 * SECOND);
    }

    #[test]
    fn a_question_is_told_from_an_answer_and_from_a_message_to_a_worker() {
        let data = |message| match message {
            ChannelMessage::Data(data) => data,
            other => panic!("{other:?}"),
        };
        assert!(is_question(&data(question())));
        assert!(!is_question(&data(answer())));
        let to_worker = TransportMessage::new("worker", Route::new(), vec![1]);
        assert!(!is_question(&to_worker));
    }
}
