//! Cutting and healing.

use crate::support::{ms, pair};
use ockam_core::ErrorKind;
use ockam_transport_memory::{EventKind, LinkOptions, simulate};
use tokio::time::Instant;

#[test]
fn through_a_partition_nothing_comes_and_after_it_everything() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        pair.network.partition(&pair.to_bob);
        let begun = Instant::now();
        assert_eq!(pair.ask("lost").await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), ms(1000));
        assert_eq!(pair.network.counters().lost, 1);
        // From either end it is the same link.
        pair.network.heal(&pair.to_alice);
        assert_eq!(pair.ask("back").await.unwrap(), "back");
    });
}

#[test]
fn one_way_the_question_arrives_and_the_answer_does_not() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        pair.network.partition_one_way(&pair.to_alice);
        assert_eq!(pair.ask("half").await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(pair.to_bob.counters().delivered, 1);
        assert_eq!(pair.to_alice.counters().lost, 1);
    });
}

#[test]
fn what_is_in_flight_when_the_link_is_cut_is_lost() {
    simulate(async {
        let pair = pair(1, LinkOptions::new().with_delay(ms(10)..=ms(10))).await;
        let cut = async {
            tokio::time::sleep(ms(5)).await;
            assert_eq!(pair.network.counters().in_flight, 1);
            pair.network.partition(&pair.to_bob);
            pair.network.heal(&pair.to_bob);
        };
        let (answer, ()) = tokio::join!(pair.ask("lost"), cut);
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(pair.network.counters().lost, 1);
    });
}

#[test]
fn an_isolated_node_is_reached_over_no_link_until_all_are_healed() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        let carol = pair.network.node("carol").unwrap();
        let (to_bob, to_carol) =
            pair.network.link(&carol, &pair.bob, LinkOptions::new()).await.unwrap();
        pair.bob.flow_controls().add_consumer("echoer", to_carol.flow_control_id());
        let of_carol = || crate::support::ask(&carol, ockam_core::route![&to_bob, "echoer"], "c");

        pair.network.isolate(&pair.alice);
        assert!(pair.ask("a").await.is_err());
        assert!(of_carol().await.is_ok());
        pair.network.isolate(&pair.bob);
        assert!(of_carol().await.is_err());
        pair.network.heal_all();
        assert!(pair.ask("a").await.is_ok() && of_carol().await.is_ok());
    });
}

#[test]
fn events_say_what_happened() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        pair.ask("Hello").await.unwrap();
        pair.network.partition(&pair.to_bob);
        pair.ask("Hello").await.unwrap_err();
        pair.network.heal(&pair.to_bob);
        let events = pair.network.events();
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        use EventKind::{Cut, Delivered, Healed, Lost, Sent};
        let expected = [Sent, Delivered, Sent, Delivered, Cut, Cut, Lost, Healed, Healed];
        assert_eq!(kinds, expected);
        assert_eq!(events[6].to_string().split(": ").last(), Some("lost 59 bytes"));
        assert!(events[8].to_string().starts_with("1.000s link 1 "), "{}", events[8]);
    });
}
