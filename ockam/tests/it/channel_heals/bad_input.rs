//! Peers that handshake without end, both sides at once, peers with another identity, and paths that
//! are lost again and again.

use super::stage::{LISTENER, Life, Stage, ask, identity, is_down, until_state};
use crate::lines::Lines;
use crate::support::ms;
use ockam::identity::{
    CHANNEL_GAP_LIMIT, HALF_OPEN_LIFETIME, Identities, MAX_HALF_OPEN, SecureChannelListenerOptions,
    SecureChannelOptions,
};
use ockam::link::LinkState;
use ockam::workers::Echoer;
use ockam::{ErrorKind, route};
use ockam_transport_memory::{LinkOptions, MEMORY, MemoryNode, simulate};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::Level;

const SECOND: Duration = Duration::from_secs(1);

/// The time after which a listener has forgotten a handshake that was not finished.
const FORGOTTEN: Duration = Duration::from_secs(2 * HALF_OPEN_LIFETIME.as_secs() + 1);

/// How many channels a listener holds in the test of handshakes without end.
const LIMIT: usize = 50;

fn workers(node: &MemoryNode) -> usize {
    node.list_workers().len()
}

#[test]
fn a_peer_that_handshakes_a_thousand_times_a_second_leaves_nothing_and_others_go_on() {
    simulate(async {
        let mut stage = Stage::new().await;
        let options = SecureChannelListenerOptions::new().with_channel_limit(LIMIT);
        let (of_bob, own) = (stage.of_bob.clone(), stage.bob);
        let bob = stage.bob_as(&of_bob, &own, options).await;
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;

        let node = stage.network.node("mallory").unwrap();
        // Message 2 comes when the initiator has gone already.
        let slow = LinkOptions::new().with_delay(ms(5)..=ms(5));
        let link = stage.network.link(&node, &bob.node, slow).await.unwrap().0;
        let of_mallory = Identities::in_memory();
        let mallory = identity(&of_mallory, &node).await;
        let way = || route![&link, LISTENER];
        let before = [&node, &bob.node].map(workers);
        let begun = Instant::now();
        let mut most = 0;
        for number in 0..3000 {
            let options = SecureChannelOptions::new();
            let made = of_mallory.create_secure_channel(&node, &mallory, way(), options);
            assert!(node.within(ms(1), made).await.is_none());
            if number % 100 == 0 {
                stage.assert_answered(&channel).await;
            }
            most = most.max(workers(&bob.node) - before[1]);
        }
        assert!(begun.elapsed() <= 6 * SECOND, "{:?}", begun.elapsed());
        assert!((500..=MAX_HALF_OPEN + 1).contains(&most), "{most} half-open handshakes");
        sleep(FORGOTTEN).await;
        assert_eq!([&node, &bob.node].map(workers), before);
        assert_eq!(channel.state(), LinkState::Up);

        // Now it finishes them, and keeps the channels.
        for number in 0..200 {
            let options = SecureChannelOptions::new().without_reconnect();
            of_mallory.create_secure_channel(&node, &mallory, way(), options).await.unwrap();
            if number % 10 == 0 {
                stage.assert_answered(&channel).await;
            }
        }
        sleep(FORGOTTEN).await;
        // An end at the responder is two workers, and one is that of Alice.
        assert_eq!(workers(&bob.node) - before[1], 2 * (LIMIT - 1));
        stage.assert_answered(&channel).await;
        node.handle().stop().await.unwrap();
        sleep(SECOND).await;
        // The ends of its link are gone too.
        assert_eq!(workers(&bob.node), before[1] - 2);
        assert_eq!(channel.state(), LinkState::Up);
        stage.assert_answered(&channel).await;
    });
}

/// What both sides send is numbered, and arrives once and in order.
#[test]
fn two_sides_that_find_a_cut_link_at_once_heal_and_nothing_arrives_twice() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let (alice_node, of_alice) = (&stage.alice_node, &stage.of_alice);
        let options = SecureChannelListenerOptions::new().as_consumer(bob.link.flow_control_id());
        let listener =
            of_alice.create_secure_channel_listener(alice_node, &stage.alice, LISTENER, options);
        let listener = listener.await.unwrap();
        let mut recorded = stage.record(alice_node).await;
        alice_node.start_worker("echoer", Echoer).await.unwrap();
        for worker in ["recorder", "echoer"] {
            alice_node.flow_controls().add_consumer(worker, listener.flow_control_id());
        }
        let way = route![(MEMORY, "alice"), LISTENER];
        let options = SecureChannelOptions::new();
        let back = stage.of_bob.create_secure_channel(&bob.node, &stage.bob, way, options);
        let (channel, back) = (stage.channel().await, back.await.unwrap());
        let traces = || [alice_node, &bob.node].map(|node| (workers(node), flows(node)));
        let before = traces();
        let mut numbers = [Vec::new(), Vec::new()];
        let mut dice = stage.network.dice("cuts");
        for round in 0..20u64 {
            stage.assert_answered(&channel).await;
            assert_eq!(ask(&bob.node, &back, "echoer", 5 * SECOND).await.unwrap(), 7);
            let mut send = async |number| {
                stage.send(&channel, number).await;
                bob.node.send(route![&back, "recorder"], number).await.unwrap();
                sleep(dice.between(Duration::ZERO, 5 * SECOND)).await;
            };
            stage.network.partition(&bob.link);
            for number in 0..10 {
                send(20 * round + number).await;
            }
            let down =
                async { (until_state(&channel, is_down).await, until_state(&back, is_down).await) };
            down.await;
            stage.network.heal(&bob.link);
            for number in 10..20 {
                send(20 * round + number).await;
            }
            until_state(&channel, LinkState::is_up).await;
            until_state(&back, LinkState::is_up).await;
        }
        sleep(FORGOTTEN).await;
        while let Ok(number) = bob.recorded.try_recv() {
            numbers[0].push(number);
        }
        while let Ok(number) = recorded.try_recv() {
            numbers[1].push(number);
        }
        for numbers in numbers {
            assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
            assert!(numbers.len() >= 200, "{} of 400 have arrived", numbers.len());
        }
        assert_eq!(traces(), before);
    });
}

#[test]
fn another_identity_in_the_place_of_the_peer_is_named_to_askers_and_in_the_log_once() {
    simulate(async {
        let lines = Lines::of_this_thread(Level::WARN);
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel_with(SecureChannelOptions::new()).await;
        stage.assert_answered(&channel).await;
        stage.kill(bob);
        until_state(&channel, is_down).await;
        let of_mallory = Identities::in_memory();
        let mallory = identity(&of_mallory, &stage.alice_node).await;
        let listener = SecureChannelListenerOptions::new();
        let _there: Life = stage.bob_as(&of_mallory, &mallory, listener).await;
        let refused = format!("{mallory} has answered, and the channel is one with {}", stage.bob);
        let begun = Instant::now();
        let error = stage.ask(&channel, 2 * CHANNEL_GAP_LIMIT).await.unwrap_err();
        assert!(begun.elapsed() <= CHANNEL_GAP_LIMIT + ms(50), "{:?}", begun.elapsed());
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert!(error.to_string().contains(&refused), "{error}");
        // Dozens of attempts follow.
        sleep(600 * SECOND).await;
        let state = channel.state().to_string();
        assert!(state.ends_with(&refused), "{state}");
        let lines = lines.take();
        let told = lines.iter().filter(|line| line.contains("a channel is not made again"));
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), 1, "{lines:#?}");
        assert!(told[0].starts_with("WARN") && told[0].contains(&refused), "{told:?}");
        // The other line says that the link is down for long.
        assert!(lines.len() <= 2, "{lines:#?}");
    });
}

#[test]
fn a_path_that_is_lost_a_hundred_times_leaves_as_many_workers_and_flows_as_after_the_first_time() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let channel = stage.channel().await;
        let mut traces = Vec::new();
        for round in 0..100 {
            stage.assert_answered(&channel).await;
            let away = stage.lose(bob);
            until_state(&channel, is_down).await;
            bob = stage.back(away).await;
            until_state(&channel, LinkState::is_up).await;
            if round == 0 || round == 99 {
                sleep(FORGOTTEN).await;
                let nodes = [&stage.alice_node, &bob.node];
                traces.push(nodes.map(|node| (workers(node), flows(node))));
            }
        }
        stage.assert_answered(&channel).await;
        assert_eq!(traces[0], traces[1]);
    });
}

/// Counts the addresses in the flow controls of a node.
fn flows(node: &MemoryNode) -> usize {
    format!("{:?}", node.flow_controls()).matches("0#").count()
}
