//! The border: messages from a link reach only the consumers of its flow.

use crate::support::{Echoer, ask, pair};
use ockam_core::{ErrorKind, route};
use ockam_node::DeadLetterReason;
use ockam_transport_memory::{LinkOptions, MEMORY, simulate};

#[test]
fn a_worker_that_is_no_consumer_is_not_reached_and_nobody_is_told() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        pair.bob.start_worker("private", Echoer).await.unwrap();
        for name in ["private", "nobody"] {
            let error = ask(&pair.alice, route![&pair.to_bob, name], "in").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        }
        assert_eq!(pair.bob.dead_letters().count(DeadLetterReason::Denied), 2);
        assert_eq!(pair.network.counters().sent, 2, "nothing came back");
        assert_eq!(pair.ask("still here").await.unwrap(), "still here");
    });
}

#[test]
fn consumers_of_one_link_are_not_reached_over_another() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        let carol = pair.network.node("carol").unwrap();
        let ends = pair.network.link(&carol, &pair.bob, LinkOptions::new()).await.unwrap();
        assert!(ask(&carol, route![&ends.0, "echoer"], "in").await.is_err());
        assert!(pair.ask("in").await.is_ok());
    });
}

#[test]
fn a_message_from_outside_does_not_leave_over_a_link_that_did_not_agree() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        let carol = pair.network.node("carol").unwrap();
        carol.start_worker("echoer", Echoer).await.unwrap();
        let ends = pair.network.link(&pair.bob, &carol, LinkOptions::new()).await.unwrap();
        carol.flow_controls().add_consumer("echoer", ends.1.flow_control_id());
        for onward in [ends.0.address().clone(), (MEMORY, "carol").into()] {
            let route = route![&pair.to_bob, onward, "echoer"];
            // The transport address is alice's to resolve, and a route has one such hop at most.
            let _ = ask(&pair.alice, route, "through").await.unwrap_err();
        }
        assert_eq!(ends.0.counters().sent, 0);
    });
}
