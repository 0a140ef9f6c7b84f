//! Peers that fall silent while nothing tells so.

use super::stage::{LISTENER, Stage, ask, is_down, until_state};
use crate::support::ms;
use ockam::identity::{
    DEFAULT_HEARTBEAT_INTERVAL, HEARTBEAT_PATIENCE, SecureChannelListenerOptions,
};
use ockam::link::LinkState;
use ockam::workers::Hop;
use ockam::{ErrorKind, route};
use ockam_transport_memory::simulate;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_peer_that_falls_silent_on_an_idle_channel_is_found_within_three_intervals() {
    simulate(async {
        for (interval, expected) in
            [(None, DEFAULT_HEARTBEAT_INTERVAL), (Some(ms(4000)), ms(4000)), (Some(HOUR), HOUR)]
        {
            let mut stage = Stage::new().await;
            let bob = stage.bob().await;
            let options = stage.options();
            let options = match interval {
                Some(interval) => options.with_heartbeat_interval(interval),
                None => options,
            };
            let channel = stage.channel_with(options).await;
            stage.assert_answered(&channel).await;
            sleep(HOUR).await;
            assert_eq!(channel.state(), LinkState::Up);

            stage.network.partition(&bob.link);
            let begun = Instant::now();
            let state = until_state(&channel, is_down).await;
            assert!(begun.elapsed() <= 3 * expected, "{:?} of {expected:?}", begun.elapsed());
            assert!(state.to_string().contains("none of 3 heartbeats"), "{state}");
            stage.network.heal(&bob.link);
            until_state(&channel, LinkState::is_up).await;
            stage.assert_answered(&channel).await;
        }
    });
}

#[test]
fn those_who_wait_for_a_peer_that_falls_silent_are_told_in_seconds() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        // A busy channel.
        for _ in 0..100 {
            stage.assert_answered(&channel).await;
            sleep(ms(100)).await;
        }
        stage.network.partition(&bob.link);
        let begun = Instant::now();
        let error = ask(&stage.alice_node, &channel, "echoer", HOUR).await.unwrap_err();
        assert!(begun.elapsed() <= 6 * HEARTBEAT_PATIENCE, "{:?}", begun.elapsed());
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert!(error.to_string().contains("none of 3 heartbeats"), "{error}");
    });
}

#[test]
fn a_handler_that_takes_long_is_no_silence() {
    simulate(async {
        let mut stage = Stage::new().await;
        let _bob = stage.bob().await;
        let channel = stage.channel().await;
        let error = ask(&stage.alice_node, &channel, "silent", HOUR).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        assert_eq!(channel.state(), LinkState::Up);
    });
}

#[test]
fn an_idle_channel_has_one_heartbeat_for_each_interval_and_only_if_both_sides_agree() {
    simulate(async {
        let intervals = HOUR.as_secs() / DEFAULT_HEARTBEAT_INTERVAL.as_secs();
        for (agrees, wants) in [(true, true), (true, false), (false, true)] {
            let mut stage = Stage::new().await;
            let (of_bob, bob) = (stage.of_bob.clone(), stage.bob);
            let listener = SecureChannelListenerOptions::new();
            // As Ockam 0.150 it agrees on nothing.
            let listener = if agrees { listener } else { listener.without_refusals() };
            let _bob = stage.bob_as(&of_bob, &bob, listener).await;
            let options = stage.options();
            let options = if wants { options } else { options.without_heartbeats() };
            let channel = stage.channel_with(options).await;
            stage.assert_answered(&channel).await;
            let sent = stage.network.counters().sent;
            sleep(HOUR).await;
            let sent = stage.network.counters().sent - sent;
            if agrees && wants {
                // Each with its answer.
                let expected = intervals..=2 * intervals;
                assert!(expected.contains(&sent), "{sent} frames in {intervals} intervals");
            } else {
                assert_eq!(sent, 0, "agrees: {agrees}, wants: {wants}");
            }
            assert_eq!(channel.state(), LinkState::Up);
        }
    });
}

#[test]
fn a_channel_whose_route_begins_with_a_worker_is_made_again_too() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        stage.alice_node.start_worker("hop", Hop).await.unwrap();
        stage.alice_node.flow_controls().add_consumer("hop", bob.link.flow_control_id());
        let way = route!["hop", &bob.link, LISTENER];
        let (alice_node, alice) = (&stage.alice_node, stage.alice);
        let channel =
            stage.of_alice.create_secure_channel(alice_node, &alice, way, stage.options());
        let channel = channel.await.unwrap();
        stage.assert_answered(&channel).await;
        stage.network.partition(&bob.link);
        until_state(&channel, is_down).await;
        stage.network.heal(&bob.link);
        until_state(&channel, LinkState::is_up).await;
        stage.assert_answered(&channel).await;
    });
}
