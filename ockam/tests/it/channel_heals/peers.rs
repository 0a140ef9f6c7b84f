//! Who answers when a channel is made again.

use super::stage::{LISTENER, Life, Stage, identity, is_down, until_state};
use crate::support::ms;
use ockam::access_control::Authorization;
use ockam::identity::{
    CHANNEL_ATTEMPT_TIMEOUT, ChannelReconnect, Identifier, Identities,
    SecureChannelListenerOptions, TrustPolicy,
};
use ockam::link::LinkState;
use ockam::route;
use ockam_transport_memory::{LinkOptions, MEMORY, simulate};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_channel_is_made_again_with_a_peer_that_was_restarted() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let channel = stage.channel().await;
        for _ in 0..20 {
            stage.assert_answered(&channel).await;
            stage.kill(bob);
            sleep(3 * SECOND).await;
            bob = stage.bob().await;
            let begun = Instant::now();
            stage.assert_answered(&channel).await;
            assert!(begun.elapsed() <= 2 * SECOND, "{:?}", begun.elapsed());
        }
    });
}

#[test]
fn another_identity_in_the_place_of_the_peer_is_refused_until_the_peer_is_back() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        // Whom the policy lets in is not enough: the channel is one with Bob.
        let channel = stage.channel_with(ockam::identity::SecureChannelOptions::new()).await;
        stage.assert_answered(&channel).await;
        stage.kill(bob);
        let of_mallory = Identities::in_memory();
        let mallory = identity(&of_mallory, &stage.alice_node).await;
        let listener = SecureChannelListenerOptions::new;
        let there = stage.bob_as(&of_mallory, &mallory, listener()).await;
        let state = until_state(&channel, |state| state.to_string().contains("attempt 2")).await;
        let why = format!("{mallory} has answered, and the channel is one with {}", stage.bob);
        assert!(state.to_string().ends_with(&why), "{state}");
        let sent = stage.network.counters().sent;
        sleep(300 * SECOND).await;
        // An attempt each 15 s, or after half of that: message 1 and message 2.
        let attempts = (stage.network.counters().sent - sent) / 2;
        assert!((20..=41).contains(&attempts), "{attempts} attempts");
        stage.kill(there);
        let _bob = stage.bob().await;
        let begun = Instant::now();
        until_state(&channel, LinkState::is_up).await;
        assert!(begun.elapsed() <= 15 * SECOND, "{:?}", begun.elapsed());
        stage.assert_answered(&channel).await;
    });
}

#[test]
fn two_sides_that_make_their_channels_again_at_once_do_not_disturb_each_other() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let options =
            SecureChannelListenerOptions::new().as_consumer(stage.alice_node.flow_control_id());
        let (alice_node, of_alice) = (&stage.alice_node, &stage.of_alice);
        let listener =
            of_alice.create_secure_channel_listener(alice_node, &stage.alice, LISTENER, options);
        let listener = listener.await.unwrap();
        alice_node.start_worker("echoer", ockam::workers::Echoer).await.unwrap();
        alice_node.flow_controls().add_consumer("echoer", listener.flow_control_id());
        let opened = |bob: &Life| {
            alice_node.flow_controls().add_consumer(LISTENER, bob.link.flow_control_id());
        };
        opened(&bob);
        let back = stage.of_bob.create_secure_channel(
            &bob.node,
            &stage.bob,
            route![(MEMORY, "alice"), LISTENER],
            ockam::identity::SecureChannelOptions::new(),
        );
        let (channel, back) = (stage.channel().await, back.await.unwrap());
        let mut bob = bob;
        for _ in 0..10 {
            stage.assert_answered(&channel).await;
            let asked = super::stage::ask(&bob.node, &back, "echoer", 5 * SECOND).await;
            assert_eq!(asked.unwrap(), 7);
            let away = stage.lose(bob);
            until_state(&channel, is_down).await;
            bob = stage.back(away).await;
            opened(&bob);
            until_state(&back, LinkState::is_up).await;
        }
        stage.assert_answered(&channel).await;
        assert_eq!((channel.state(), back.state()), (LinkState::Up, LinkState::Up));
    });
}

/// Panics when it is asked for the second time, and denies at the third.
#[derive(Debug, Clone, Default)]
struct Moody(Arc<AtomicUsize>);

impl TrustPolicy for Moody {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            1 => panic!("the policy is broken"),
            2 => Authorization::Denied,
            _ => Authorization::Allowed,
        }
    }
}

#[test]
fn a_policy_that_panics_or_denies_fails_an_attempt_and_nothing_else() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let policy = Moody::default();
        let channel = stage.channel_with(stage.options().with_trust_policy(policy.clone())).await;
        stage.assert_answered(&channel).await;
        let away = stage.lose(bob);
        let _bob = stage.back(away).await;
        let state = until_state(&channel, |state| state.to_string().contains("attempt 2")).await;
        assert!(state.to_string().ends_with("it panicked: the policy is broken"), "{state}");
        let state = until_state(&channel, |state| state.to_string().contains("attempt 3")).await;
        assert!(state.to_string().ends_with("which the trust policy of this channel refuses"));
        until_state(&channel, LinkState::is_up).await;
        stage.assert_answered(&channel).await;
        assert_eq!(policy.0.load(Ordering::SeqCst), 4);
    });
}

#[test]
fn a_slow_path_is_long_enough_for_a_handshake() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;
        let mut before = bob.link;
        for delay in [SECOND, 8 * SECOND] {
            let slow = LinkOptions::new().with_delay(delay..=delay);
            let link = stage.link(&bob.node, slow).await;
            stage.network.disconnect(&before);
            until_state(&channel, is_down).await;
            until_state(&channel, LinkState::is_up).await;
            let answer = stage.ask(&channel, 300 * SECOND).await;
            assert_eq!(answer.unwrap(), 7, "with {delay:?} each way");
            before = link;
        }
    });
}

#[test]
fn a_lossy_path_is_good_enough_for_a_handshake() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        stage.network.partition(&bob.link);
        let link = stage.link(&bob.node, LinkOptions::new()).await;
        stage.network.partition(&link);
        stage.network.disconnect(&bob.link);
        until_state(&channel, is_down).await;
        // What goes over a link that is cut is lost in silence.
        sleep(5 * SECOND).await;
        assert!(!channel.state().is_up());
        stage.network.heal(&link);
        let begun = Instant::now();
        stage.assert_answered(&channel).await;
        assert!(begun.elapsed() <= 1100 * ms(1), "{:?}", begun.elapsed());
    });
}

/// Attempts that fail at once are no sign of a slow path.
#[test]
fn a_message_of_a_handshake_that_is_lost_after_a_long_outage_costs_one_attempt() {
    simulate(async {
        let mut stage = Stage::new().await;
        stage.set_delay(ms(20));
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;
        let away = stage.lose(bob);
        sleep(300 * SECOND).await;
        let sent = stage.network.counters().sent;
        let bob = stage.back(away).await;
        let begun = Instant::now();
        // Message 3 is under way.
        while stage.network.counters().sent < sent + 3 {
            sleep(ms(1)).await;
            assert!(begun.elapsed() <= 16 * SECOND);
        }
        stage.network.partition(&bob.link);
        stage.network.heal(&bob.link);
        let begun = Instant::now();
        until_state(&channel, LinkState::is_up).await;
        let expected = CHANNEL_ATTEMPT_TIMEOUT..=CHANNEL_ATTEMPT_TIMEOUT + 16 * SECOND;
        assert!(expected.contains(&begun.elapsed()), "{:?}", begun.elapsed());
        stage.assert_answered(&channel).await;
    });
}

#[test]
fn attempts_may_be_few() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let reconnect = ChannelReconnect::new().with_attempts(3);
        let channel = stage.channel_with(stage.options().with_reconnect(reconnect)).await;
        stage.assert_answered(&channel).await;
        let away = stage.lose(bob);
        let state = until_state(&channel, |state| matches!(state, LinkState::Down { .. })).await;
        assert!(state.to_string().contains("no node is called `bob`"), "{state}");
        let begun = Instant::now();
        assert!(stage.ask(&channel, 30 * SECOND).await.is_err());
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let _bob = stage.back(away).await;
        sleep(600 * SECOND).await;
        assert!(!channel.state().is_up());
        // The same route once more.
        channel.go_over(&stage.alice_node, (MEMORY, "bob")).await.unwrap();
        stage.assert_answered(&channel).await;
    });
}
