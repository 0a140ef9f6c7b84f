//! The end of a link: like that of a connection, for both ends, without leaks.

use crate::support::{eventually, ms, pair};
use ockam_core::ErrorKind;
use ockam_node::Handle;
use ockam_transport_memory::{LinkOptions, MAX_FRAMES_IN_FLIGHT, simulate};
use std::time::Duration;
use tokio::time::Instant;

/// Counts the remains of a link on a node; zero once it has ended.
fn traces(node: &Handle) -> (usize, bool) {
    let flows = format!("{:?}", node.flow_controls());
    (node.list_workers().len(), flows.contains("ProducerInfo"))
}

#[test]
fn a_disconnected_link_fails_its_asks_at_once_and_leaves_nothing() {
    simulate(async {
        let pair = pair(1, LinkOptions::new().with_delay(ms(10)..=ms(10))).await;
        assert!(pair.to_bob.is_open());
        let begun = Instant::now();
        let (answer, ()) = tokio::join!(pair.ask("lost"), async {
            tokio::time::sleep(ms(5)).await;
            pair.network.disconnect(&pair.to_alice);
        });
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert!(error.to_string().contains("link 1 to bob has ended"), "{error}");
        assert!(begun.elapsed() <= ms(6), "{:?}", begun.elapsed());
        eventually("alice has only app", || traces(&pair.alice) == (1, false)).await;
        eventually("bob has app and echoer", || traces(&pair.bob) == (2, false)).await;
        assert!(!pair.to_bob.is_open());
        let later = pair.ask("later").await.unwrap_err();
        assert!(later.to_string().contains("has ended"), "{later}");
    });
}

#[test]
fn a_node_that_stops_ends_its_links_when_everything_is_said() {
    simulate(async {
        let mut pair = pair(1, LinkOptions::new().with_delay(ms(10)..=ms(10))).await;
        pair.alice.flow_controls().add_consumer("app", pair.to_bob.flow_control_id());
        let route = ockam_core::route![&pair.to_alice, "app"];
        pair.bob.send(route, "goodbye".to_string()).await.unwrap();
        pair.bob.stop().await.unwrap();
        assert_eq!(pair.alice.receive::<String>().await.unwrap(), "goodbye".to_string());
        eventually("alice has only app", || traces(&pair.alice) == (1, false)).await;
        assert_eq!(pair.ask("later").await.unwrap_err().kind(), ErrorKind::Stopped);
    });
}

#[test]
fn nobody_hears_of_the_end_of_a_node_through_a_partition() {
    simulate(async {
        let mut pair = pair(1, LinkOptions::new()).await;
        pair.network.partition(&pair.to_bob);
        pair.bob.stop().await.unwrap();
        assert_eq!(pair.ask("lost").await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(traces(&pair.alice).0, 3);
        pair.network.heal(&pair.to_bob);
        eventually("alice has only app", || traces(&pair.alice) == (1, false)).await;
    });
}

#[test]
fn a_sender_that_waits_for_room_is_freed_by_the_end() {
    simulate(async {
        let slow =
            LinkOptions::new().with_delay(Duration::from_secs(3600)..=Duration::from_secs(3600));
        let mut pair = pair(1, slow).await;
        let route = ockam_core::route![&pair.to_bob, "echoer"];
        for number in 0..MAX_FRAMES_IN_FLIGHT + 10 {
            pair.alice.send(&route, number.to_string()).await.unwrap();
        }
        tokio::time::sleep(ms(1)).await;
        assert_eq!(pair.network.counters().in_flight, MAX_FRAMES_IN_FLIGHT as u64);
        pair.network.disconnect(&pair.to_bob);
        eventually("alice has only app", || traces(&pair.alice) == (1, false)).await;
        pair.alice.stop().await.unwrap();
        assert_eq!(pair.network.counters().in_flight, 0);
    });
}

#[test]
fn links_that_come_and_go_are_forgotten_and_stay_counted() {
    simulate(async {
        let first = pair(1, LinkOptions::new()).await;
        for number in 0..50 {
            let ends = first.network.link(&first.alice, &first.bob, LinkOptions::new()).await;
            let (to_bob, to_alice) = ends.unwrap();
            first.bob.flow_controls().add_consumer("echoer", to_alice.flow_control_id());
            let route = ockam_core::route![&to_bob, "echoer"];
            crate::support::ask(&first.alice, route, "Hello").await.unwrap();
            assert_eq!(first.network.counters().delivered, 2 * (number + 1));
            first.network.disconnect(&to_bob);
        }
        eventually("only the first link is left", || {
            [&first.alice, &first.bob].map(|node| traces(node).0) == [3, 4]
        })
        .await;
    });
}
