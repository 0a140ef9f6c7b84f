//! Over which routes channels are made again.

use super::stage::{LISTENER, Stage, is_down, until_state};
use crate::support::{ms, plain};
use ockam::link::LinkState;
use ockam::relay::STATIC_FORWARDING_SERVICE;
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::{ErrorKind, RelayService, route};
use ockam_transport_memory::{LinkEnd, LinkOptions, MEMORY, MemoryNode, simulate};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_channel_over_a_connection_that_has_ended_is_down_until_it_is_given_another_way() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let way = route![&bob.link, LISTENER];
        let (alice_node, alice) = (&stage.alice_node, stage.alice);
        let channel =
            stage.of_alice.create_secure_channel(alice_node, &alice, way, stage.options());
        let channel = channel.await.unwrap();
        stage.assert_answered(&channel).await;
        stage.network.disconnect(&bob.link);
        let state = until_state(&channel, is_down).await;
        assert!(matches!(state, LinkState::Down { .. }), "{state}");
        let begun = Instant::now();
        let error = stage.ask(&channel, 30 * SECOND).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::Stopped, Duration::ZERO));
        assert!(error.to_string().contains(&channel.address().to_string()), "{error}");
        sleep(300 * SECOND).await;
        assert!(!channel.state().is_up());

        let first = stage.link(&bob.node, LinkOptions::new()).await;
        channel.update_route(alice_node, &first).unwrap();
        stage.assert_answered(&channel).await;
        stage.network.disconnect(&first);
        until_state(&channel, is_down).await;
        // A hop of a transport has to be connected, which the one call does and the other does not.
        let error = channel.update_route(alice_node, (MEMORY, "bob")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let second = stage.link(&bob.node, LinkOptions::new()).await;
        channel.go_over(alice_node, (MEMORY, "bob")).await.unwrap();
        stage.assert_answered(&channel).await;
        // From now on it heals by itself.
        let mut watch = channel.watch();
        stage.network.disconnect(&second);
        watch.changed().await;
        stage.assert_answered(&channel).await;
    });
}

#[test]
fn a_channel_that_is_up_takes_another_way_without_a_handshake() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let way = route![&bob.link, LISTENER];
        let (alice_node, alice) = (&stage.alice_node, stage.alice);
        let channel =
            stage.of_alice.create_secure_channel(alice_node, &alice, way, stage.options());
        let channel = channel.await.unwrap();
        stage.assert_answered(&channel).await;
        let error = channel.go_over(alice_node, (MEMORY, "nobody")).await.unwrap_err();
        assert!(error.to_string().contains("no node is called `nobody`"), "{error}");
        stage.assert_answered(&channel).await;
        let second = stage.link(&bob.node, LinkOptions::new()).await;
        channel.update_route(alice_node, &second).unwrap();
        let sent = stage.network.counters().sent;
        stage.assert_answered(&channel).await;
        assert_eq!(stage.network.counters().sent, sent + 2);
        // The first connection is nothing to it any more.
        stage.network.disconnect(&bob.link);
        sleep(SECOND).await;
        assert!(channel.state().is_up());
        stage.assert_answered(&channel).await;
        stage.network.disconnect(&second);
        until_state(&channel, is_down).await;
    });
}

#[test]
fn a_channel_in_a_channel_is_made_again_with_it() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let outer = stage.channel().await;
        let spawner = bob.node.flow_controls();
        let spawner = spawner.find_flow_control_with_spawner_address(&LISTENER.into()).unwrap();
        bob.node.flow_controls().add_consumer(LISTENER, spawner.flow_control_id());
        let inner = stage.of_alice.create_secure_channel(
            &stage.alice_node,
            &stage.alice,
            route![&outer, LISTENER],
            stage.options(),
        );
        let inner = inner.await.unwrap();
        stage.assert_answered(&inner).await;
        let away = stage.lose(bob);
        until_state(&inner, is_down).await;
        sleep(3 * SECOND).await;
        let _bob = stage.back(away).await;
        let begun = Instant::now();
        stage.assert_answered(&inner).await;
        assert!(begun.elapsed() <= 2 * SECOND, "{:?}", begun.elapsed());
        assert!(outer.state().is_up() && inner.state().is_up());
    });
}

#[test]
fn a_channel_without_the_option_stays_as_it_is() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel_with(stage.options().without_reconnect()).await;
        stage.assert_answered(&channel).await;
        stage.network.disconnect(&bob.link);
        sleep(SECOND).await;
        let link = stage.link(&bob.node, LinkOptions::new()).await;
        sleep(300 * SECOND).await;
        assert!(stage.ask(&channel, ms(1000)).await.is_err());
        // The keys are those that it had.
        let sent = stage.network.counters().sent;
        channel.update_route(&stage.alice_node, &link).unwrap();
        stage.assert_answered(&channel).await;
        assert_eq!(stage.network.counters().sent, sent + 2);
    });
}

/// A node in the middle with a relay service.
async fn middle(stage: &Stage) -> (MemoryNode, RelayService) {
    let node = stage.network.node("middle").unwrap();
    let options = plain()
        .with_alias(STATIC_FORWARDING_SERVICE)
        .service_as_consumer(node.flow_control_id())
        .relay_as_consumer(node.flow_control_id());
    let service = RelayService::create(&node, "forwarding_service", options).await.unwrap();
    (node, service)
}

/// Connects Alice and Bob with the node in the middle.
async fn links(stage: &Stage, bob: &MemoryNode, middle: &MemoryNode) -> [LinkEnd; 2] {
    let network = &stage.network;
    let (of_alice, _) = network.link(&stage.alice_node, middle, LinkOptions::new()).await.unwrap();
    let (of_bob, _) = network.link(bob, middle, LinkOptions::new()).await.unwrap();
    [of_alice, of_bob]
}

#[test]
fn a_channel_over_a_relay_that_was_restarted_is_made_again() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let mut there = middle(&stage).await;
        let mut links = links(&stage, &bob.node, &there.0).await;
        let options = RemoteRelayOptions::new().with_consumer(LISTENER);
        let relay = RemoteRelay::create_static(&bob.node, (MEMORY, "middle"), "bob", options);
        relay.await.unwrap();
        let channel = stage.of_alice.create_secure_channel(
            &stage.alice_node,
            &stage.alice,
            route![(MEMORY, "middle"), "bob", LISTENER],
            stage.options(),
        );
        let channel = channel.await.unwrap();
        let mut took = Vec::new();
        for _ in 0..20 {
            stage.assert_answered(&channel).await;
            // A registration that lives for a while counts as a good one.
            sleep(60 * SECOND).await;
            stage.network.leave("middle");
            links.iter().for_each(|link| stage.network.disconnect(link));
            until_state(&channel, is_down).await;
            sleep(3 * SECOND).await;
            there = middle(&stage).await;
            links = self::links(&stage, &bob.node, &there.0).await;
            let begun = Instant::now();
            stage.assert_answered(&channel).await;
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        assert!(took[10] <= 2 * SECOND && took[19] <= 4 * SECOND, "{took:?}");
    });
}
