//! Tests of the lane alone, with the time as an argument.

use super::{Lane, Offered, Polled};
use crate::{Counters, Dice, LinkOptions, MAX_BYTES_IN_FLIGHT, MAX_FRAMES_IN_FLIGHT};
use proptest::prelude::*;
use std::time::Duration;

const SENT: Offered = Offered::Sent { copies: 1 };

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn lane(options: LinkOptions) -> Lane {
    Lane::new(options, Dice::new(1))
}

#[test]
fn a_perfect_lane_gives_everything_back_at_once_and_in_order() {
    let mut lane = lane(LinkOptions::new());
    assert_eq!(lane.poll(ms(0)), Polled::Empty);
    for byte in 0..3 {
        assert_eq!(lane.offer(vec![byte], ms(5)), SENT);
    }
    for byte in 0..3 {
        assert_eq!(lane.poll(ms(5)), Polled::Frame(vec![byte]));
    }
    assert_eq!(lane.poll(ms(5)), Polled::Empty);
}

#[test]
fn a_frame_comes_out_when_it_is_due_and_not_before() {
    let mut lane = lane(LinkOptions::new().with_delay(ms(7)..=ms(7)));
    lane.offer(vec![1], ms(10));
    assert_eq!(lane.poll(ms(16)), Polled::Later(ms(17)));
    assert_eq!(lane.poll(ms(17)), Polled::Frame(vec![1]));
}

#[test]
fn frames_overtake_each_other_only_where_reordering_is_on() {
    let order = |options: LinkOptions| {
        let mut lane = lane(options.with_delay(ms(0)..ms(50)));
        (0..100).for_each(|byte| assert_eq!(lane.offer(vec![byte], ms(u64::from(byte))), SENT));
        let taken = std::iter::from_fn(|| match lane.poll(ms(1000)) {
            Polled::Frame(frame) => Some(frame[0]),
            _ => None,
        });
        taken.collect::<Vec<u8>>()
    };
    assert!(order(LinkOptions::new()).is_sorted());
    let mut reordered = order(LinkOptions::new().with_reordering());
    assert!(!reordered.is_sorted());
    reordered.sort_unstable();
    assert_eq!(reordered, (0..100).collect::<Vec<u8>>(), "nothing is lost by it");
}

#[test]
fn a_cut_loses_what_is_in_flight_and_what_is_sent_until_it_heals() {
    let mut lane = lane(LinkOptions::new().with_delay(ms(9)..=ms(9)));
    lane.offer(vec![1], ms(0));
    assert_eq!(lane.cut(), [vec![1]]);
    assert_eq!(lane.offer(vec![2], ms(1)), Offered::Lost);
    lane.heal();
    assert_eq!(lane.offer(vec![3], ms(2)), SENT);
    assert_eq!(lane.poll(ms(20)), Polled::Frame(vec![3]));
    let counters = Counters { sent: 3, delivered: 1, lost: 2, ..Counters::default() };
    assert_eq!(lane.counters(), counters);
}

#[test]
fn a_finished_lane_delivers_what_is_in_flight_and_an_aborted_one_does_not() {
    let mut finished = lane(LinkOptions::new().with_delay(ms(1)..=ms(1)));
    finished.offer(vec![1], ms(0));
    finished.finish();
    assert_eq!(finished.offer(vec![2], ms(0)), Offered::Closed);
    assert_eq!(finished.poll(ms(0)), Polled::Later(ms(1)));
    assert_eq!(finished.poll(ms(1)), Polled::Frame(vec![1]));
    assert_eq!(finished.poll(ms(1)), Polled::Ended);

    let mut aborted = lane(LinkOptions::new().with_delay(ms(1)..=ms(1)));
    aborted.offer(vec![1], ms(0));
    assert_eq!(aborted.abort(), [vec![1]]);
    assert_eq!(aborted.poll(ms(1)), Polled::Ended);
}

#[test]
fn nobody_hears_of_the_end_through_a_cut() {
    let mut lane = lane(LinkOptions::new());
    lane.cut();
    lane.finish();
    assert_eq!(lane.poll(ms(0)), Polled::Empty);
    assert_eq!(lane.offer(vec![1], ms(0)), Offered::Lost);
    lane.heal();
    assert_eq!(lane.poll(ms(0)), Polled::Ended);
    assert_eq!(lane.offer(vec![1], ms(0)), Offered::Closed);
}

#[test]
fn a_full_lane_gives_the_frame_back() {
    let mut many = lane(LinkOptions::new());
    (0..MAX_FRAMES_IN_FLIGHT).for_each(|_| assert_eq!(many.offer(vec![0], ms(0)), SENT));
    assert_eq!(many.offer(vec![1], ms(0)), Offered::Full(vec![1]));
    assert_eq!(many.poll(ms(0)), Polled::Frame(vec![0]));
    assert_eq!(many.offer(vec![1], ms(0)), SENT);

    let mut large = lane(LinkOptions::new());
    assert_eq!(large.offer(vec![0; MAX_BYTES_IN_FLIGHT + 1], ms(0)), SENT);
    assert_eq!(large.offer(vec![1], ms(0)), Offered::Full(vec![1]));
}

proptest! {
    /// Checks that any sequence of operations keeps the counters exact and the frames unchanged.
    #[test]
    fn every_frame_is_accounted_for(
        seed: u64,
        (loss, duplication) in (0.0..=1.0, 0.0..=1.0),
        steps in prop::collection::vec(0u8..5, 0..200),
    ) {
        let options = LinkOptions::new()
            .with_loss(loss)
            .with_duplication(duplication)
            .with_delay(ms(0)..ms(9))
            .with_reordering();
        let mut lane = Lane::new(options, Dice::new(seed));
        let (mut sent, mut delivered) = (0u64, 0u64);
        for (now, step) in steps.into_iter().enumerate() {
            let now = ms(now as u64);
            match step {
                0 => drop(lane.cut()),
                1 => lane.heal(),
                2 | 3 => {
                    sent += 1;
                    lane.offer(sent.to_le_bytes().to_vec(), now);
                }
                _ => {
                    if let Polled::Frame(frame) = lane.poll(now) {
                        delivered += 1;
                        let number = u64::from_le_bytes(frame.try_into().unwrap());
                        prop_assert!((1..=sent).contains(&number));
                    }
                }
            }
            let counters = lane.counters();
            prop_assert_eq!((counters.sent, counters.delivered), (sent, delivered));
            let out = counters.delivered + counters.lost + counters.in_flight;
            prop_assert_eq!(counters.sent + counters.duplicated, out);
        }
    }
}
