//! A clock that jumps by hours, as that of a machine does which was asleep.
//!
//! Nothing that is due at fixed times is made up for: a jump causes no more messages than a wait of
//! one interval. Retries have to wait in between: an ask over a channel that is down for longer than
//! `CHANNEL_GAP_LIMIT` fails at once, and a clock that stands still while a task can run does not
//! reach the next attempt.

use super::stage::{LISTENER, Life, Stage, ask, is_down, until_state};
use crate::support::ms;
use ockam::identity::{
    CHANNEL_ATTEMPT_TIMEOUT, CHANNEL_GAP_LIMIT, HALF_OPEN_LIFETIME, SecureChannel,
};
use ockam::{ErrorKind, route};
use ockam_transport_memory::{MEMORY, simulate};
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{Instant, advance, sleep};

const SECOND: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_secs(3600);

const JUMPS: [Duration; 4] =
    [Duration::from_secs(45), HOUR, Duration::from_secs(6 * 3600), Duration::from_secs(720 * 3600)];

/// The longest time from a jump to the next answer: the longest wait of a channel, one attempt, and
/// a second for the ask that comes too early.
const BACK_WITHIN: Duration = Duration::from_secs(15 + CHANNEL_ATTEMPT_TIMEOUT.as_secs() + 1);

/// The time after which a listener has forgotten a handshake that was not finished.
const FORGOTTEN: Duration = Duration::from_secs(2 * HALF_OPEN_LIFETIME.as_secs() + 1);

/// How many frames a jump may cause: those of an attempt or two, of a few heartbeats, and of asks.
const FRAMES: u64 = 20;

/// What is under way when the clock jumps.
#[derive(Clone, Copy, Debug)]
enum Moment {
    Idle,
    /// Frames are under way in both directions.
    Busy,
    /// A heartbeat is not answered.
    Silent,
    /// There is no path, and attempts wait for one.
    Down,
    /// Message 1 of an attempt is under way.
    Attempt,
}

async fn jump(by: Duration) {
    // What was begun has been polled once.
    yield_now().await;
    advance(by).await;
}

/// Asks until there is an answer, in the time in which the channel has to be back. Each ask ends in its time.
async fn until_answered(stage: &Stage, channel: &SecureChannel) {
    let begun = Instant::now();
    loop {
        let asked = Instant::now();
        let answer = stage.ask(channel, SECOND).await;
        assert!(asked.elapsed() <= SECOND + ms(2), "{:?}", asked.elapsed());
        match answer {
            Ok(_) => return,
            Err(error) => {
                assert!([ErrorKind::TimedOut, ErrorKind::Stopped].contains(&error.kind()));
                assert!(begun.elapsed() <= BACK_WITHIN, "{:?}: {error}", begun.elapsed());
            }
        }
        sleep(ms(100)).await;
    }
}

/// Brings a channel into the state in which the clock is to jump.
async fn bring(stage: &Stage, bob: Life, moment: Moment) -> Life {
    match moment {
        Moment::Idle | Moment::Busy => bob,
        Moment::Silent => {
            stage.network.partition(&bob.link);
            sleep(11 * SECOND).await;
            bob
        }
        Moment::Down => {
            stage.network.partition(&bob.link);
            sleep(2 * CHANNEL_GAP_LIMIT).await;
            bob
        }
        Moment::Attempt => {
            let away = stage.lose(bob);
            let back = stage.back(away).await;
            // Half of the time that a message takes.
            sleep(ms(10)).await;
            back
        }
    }
}

#[test]
fn a_clock_that_jumps_at_any_moment_leaves_every_ask_ended_and_the_channel_up() {
    for moment in [Moment::Idle, Moment::Busy, Moment::Silent, Moment::Down, Moment::Attempt] {
        for by in JUMPS {
            simulate(async {
                let mut stage = Stage::new().await;
                stage.set_delay(ms(20));
                let bob = stage.bob().await;
                let channel = stage.channel().await;
                stage.assert_answered(&channel).await;
                let before = stage.alice_node.list_workers().len();
                let bob = bring(&stage, bob, moment).await;
                let sent = stage.network.counters().sent;
                let asks = async || match moment {
                    Moment::Busy => {
                        let (a, b) = (
                            stage.ask(&channel, 30 * SECOND),
                            ask(&stage.alice_node, &channel, "silent", 30 * SECOND),
                        );
                        let (a, b) = tokio::join!(a, b);
                        vec![a, b]
                    }
                    _ => vec![stage.ask(&channel, 30 * SECOND).await],
                };
                let (answers, ()) = tokio::join!(asks(), jump(by));
                for error in answers.into_iter().filter_map(Result::err) {
                    let kind = error.kind();
                    assert!([ErrorKind::TimedOut, ErrorKind::Stopped].contains(&kind), "{error}");
                }
                stage.network.heal(&bob.link);
                until_answered(&stage, &channel).await;
                let sent = stage.network.counters().sent - sent;
                assert!(sent <= FRAMES, "{moment:?}, {by:?}: {sent} frames");
                sleep(FORGOTTEN).await;
                assert!(channel.state().is_up());
                assert_eq!(stage.alice_node.list_workers().len(), before, "{moment:?}, {by:?}");
            });
        }
    }
}

#[test]
fn a_clock_that_jumps_in_the_first_handshake_ends_the_call_with_an_error_or_a_channel() {
    for by in JUMPS {
        simulate(async {
            let mut stage = Stage::new().await;
            stage.set_delay(ms(20));
            let bob = stage.bob().await;
            let before = [&stage.alice_node, &bob.node].map(|node| node.list_workers().len());
            let way = route![(MEMORY, "bob"), LISTENER];
            let options = stage.options();
            let (alice_node, alice) = (&stage.alice_node, &stage.alice);
            let made = stage.of_alice.create_secure_channel(alice_node, alice, way, options);
            match tokio::join!(made, jump(by)).0 {
                Ok(channel) => {
                    until_answered(&stage, &channel).await;
                    channel.stop(alice_node).await.unwrap();
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}"),
            }
            sleep(FORGOTTEN).await;
            let after = [&stage.alice_node, &bob.node].map(|node| node.list_workers().len());
            assert_eq!(after, before, "{by:?}");
            let channel = stage.channel().await;
            stage.assert_answered(&channel).await;
        });
    }
}

/// Each of these asks fails without a wait, so that time passes only between them.
#[test]
fn asks_over_a_channel_that_is_down_for_long_fail_at_once_also_after_a_jump() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;
        let away = stage.lose(bob);
        until_state(&channel, is_down).await;
        jump(6 * HOUR).await;
        let begun = Instant::now();
        for _ in 0..1000 {
            let error = stage.ask(&channel, 30 * SECOND).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Stopped);
            assert!(error.to_string().contains("is down, for "), "{error}");
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let _bob = stage.back(away).await;
        until_answered(&stage, &channel).await;
    });
}
