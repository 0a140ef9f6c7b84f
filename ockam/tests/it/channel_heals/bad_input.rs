//! Peers that handshake without end, paths that are lost again and again, and a clock that jumps.

use super::stage::{LISTENER, Stage, is_down, until_state};
use crate::support::ms;
use ockam::identity::{HALF_OPEN_LIFETIME, SecureChannelListenerOptions, SecureChannelOptions};
use ockam::link::LinkState;
use ockam::{ErrorKind, route};
use ockam_transport_memory::{MEMORY, simulate};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// How many channels a listener holds in the test of handshakes without end.
const LIMIT: usize = 50;

#[test]
fn a_peer_that_handshakes_a_thousand_times_a_second_leaves_no_more_than_the_limit() {
    simulate(async {
        let mut stage = Stage::new().await;
        let options = SecureChannelListenerOptions::new().with_channel_limit(LIMIT);
        let (of_bob, own) = (stage.of_bob.clone(), stage.bob);
        let bob = stage.bob_as(&of_bob, &own, options).await;
        let before = bob.node.list_workers().len();
        let way = || route![(MEMORY, "bob"), LISTENER];
        for second in 0..3 {
            let begun = Instant::now();
            for _ in 0..1000 {
                let channel = stage.of_alice.create_secure_channel(
                    &stage.alice_node,
                    &stage.alice,
                    way(),
                    SecureChannelOptions::new(),
                );
                // Only the first message of many a handshake is sent.
                let channel = stage.alice_node.within(ms(1), channel).await;
                if let Some(Ok(channel)) = channel {
                    channel.stop(&stage.alice_node).await.unwrap();
                }
            }
            assert!(begun.elapsed() <= 3 * SECOND, "second {second} took {:?}", begun.elapsed());
        }
        sleep(2 * HALF_OPEN_LIFETIME).await;
        // An end at the responder is two workers.
        let left = bob.node.list_workers().len() - before;
        assert!(left <= 2 * LIMIT, "{left} workers are left");
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;
    });
}

#[test]
fn a_path_that_is_lost_a_hundred_times_leaves_as_many_workers_as_after_the_first_time() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let channel = stage.channel().await;
        let mut counts = Vec::new();
        for round in 0..100 {
            stage.assert_answered(&channel).await;
            let away = stage.lose(bob);
            until_state(&channel, is_down).await;
            bob = stage.back(away).await;
            until_state(&channel, LinkState::is_up).await;
            if round == 0 || round == 99 {
                sleep(2 * HALF_OPEN_LIFETIME).await;
                let workers = [&stage.alice_node, &bob.node].map(|node| node.list_workers().len());
                counts.push(workers);
            }
        }
        stage.assert_answered(&channel).await;
        assert_eq!(counts[0], counts[1]);
    });
}

#[test]
fn a_clock_that_jumps_by_hours_leaves_the_channel_up_and_every_ask_ends() {
    simulate(async {
        let mut stage = Stage::new().await;
        let _bob = stage.bob().await;
        let channel = stage.channel().await;
        for hours in [1, 6, 24] {
            stage.assert_answered(&channel).await;
            // A question that is under way as the clock jumps.
            let waiting = tokio::join!(stage.ask(&channel, 30 * SECOND), async {
                tokio::task::yield_now().await;
                advance(hours * 3600 * SECOND).await;
            });
            if let Err(error) = waiting.0 {
                assert!([ErrorKind::TimedOut, ErrorKind::Stopped].contains(&error.kind()));
            }
            let begun = Instant::now();
            until_state(&channel, LinkState::is_up).await;
            stage.assert_answered(&channel).await;
            assert!(begun.elapsed() <= 15 * SECOND, "{:?} after {hours} h", begun.elapsed());
        }
    });
}
