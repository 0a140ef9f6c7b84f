//! Routes that name a node by its address on the network.

use crate::support::{Echoer, ask, eventually, ms};
use ockam_core::{ErrorKind, route};
use ockam_node::NodeBuilder;
use ockam_transport_memory::{LinkOptions, MEMORY, Network, simulate};

#[test]
fn the_first_message_to_a_node_connects_and_later_ones_use_the_link() {
    simulate(async {
        let network = Network::new(1);
        let (alice, bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
        bob.start_worker("echoer", Echoer).await.unwrap();
        let resolved = alice.resolve((MEMORY, "bob")).await.unwrap();
        assert_eq!(alice.resolve((MEMORY, "bob")).await.unwrap(), resolved);
        bob.flow_controls().add_consumer("echoer", bob.flow_control_id());
        let route = route![(MEMORY, "bob"), "echoer"];
        assert_eq!(ask(&alice, route, "Hello").await.unwrap(), "Hello");
        assert_eq!(alice.list_workers().len(), 3);
    });
}

#[test]
fn a_link_that_has_ended_is_replaced_and_one_that_the_test_made_is_used() {
    simulate(async {
        let network = Network::new(1);
        let (alice, bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
        let (to_bob, to_alice) = network.link(&alice, &bob, LinkOptions::new()).await.unwrap();
        assert_eq!(alice.resolve((MEMORY, "bob")).await.unwrap(), route![&to_bob]);
        assert_eq!(bob.resolve((MEMORY, "alice")).await.unwrap(), route![&to_alice]);
        network.disconnect(&to_bob);
        let replaced = alice.resolve((MEMORY, "bob")).await.unwrap();
        assert_ne!(replaced, route![&to_bob]);
        eventually("the old link is gone", || alice.list_workers().len() == 3).await;
    });
}

#[test]
fn links_made_on_demand_are_as_bad_as_the_test_says() {
    simulate(async {
        let network = Network::new(1);
        let (alice, bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
        assert!(network.set_on_demand(LinkOptions::new().with_loss(2.0)).is_err());
        let slow = LinkOptions::new().with_delay(ms(70)..=ms(70));
        network.set_on_demand(slow).unwrap();
        bob.start_worker("echoer", Echoer).await.unwrap();
        bob.flow_controls().add_consumer("echoer", bob.flow_control_id());
        let begun = tokio::time::Instant::now();
        ask(&alice, route![(MEMORY, "bob"), "echoer"], "Hello").await.unwrap();
        assert!((ms(140)..ms(145)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_new_link_does_not_lead_around_the_isolation_of_a_node() {
    simulate(async {
        let network = Network::new(1);
        let (alice, bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
        bob.start_worker("echoer", Echoer).await.unwrap();
        bob.flow_controls().add_consumer("echoer", bob.flow_control_id());
        network.isolate(&bob);
        let route = route![(MEMORY, "bob"), "echoer"];
        assert_eq!(ask(&alice, &route, "in").await.unwrap_err().kind(), ErrorKind::TimedOut);
        network.heal_all();
        assert_eq!(ask(&alice, &route, "in").await.unwrap(), "in");
    });
}

#[test]
fn a_nodes_flow_is_for_links_that_others_made_and_not_for_its_own() {
    simulate(async {
        let network = Network::new(1);
        let (alice, bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
        for node in [&alice, &bob] {
            node.start_worker("echoer", Echoer).await.unwrap();
            node.flow_controls().add_consumer("echoer", node.flow_control_id());
        }
        let (to_bob, to_alice) = network.link(&alice, &bob, LinkOptions::new()).await.unwrap();
        assert!(ask(&alice, route![&to_bob, "echoer"], "in").await.is_ok());
        assert!(ask(&bob, route![&to_alice, "echoer"], "in").await.is_err());
    });
}

#[test]
fn an_unknown_name_is_an_error_that_says_what_to_do() {
    simulate(async {
        let network = Network::new(1);
        let alice = network.node("alice").unwrap();
        let error = ask(&alice, route![(MEMORY, "bob"), "echoer"], "Hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("no node is called `bob`"), "{error}");
        drop(network);
        let error = alice.send((MEMORY, "alice"), 1u8).await.unwrap_err();
        assert!(error.to_string().contains("its network was dropped"), "{error}");
    });
}

#[test]
fn a_node_of_the_programs_own_joins_and_its_name_is_free_after_it_leaves() {
    simulate(async {
        let network = Network::new(1);
        let first = network.join("alice", NodeBuilder::new().build().unwrap()).unwrap();
        assert_eq!(first.name(), "alice");
        let mut ctx = first.into_context();
        ctx.stop().await.unwrap();
        assert_eq!(network.node("alice").unwrap_err().kind(), ErrorKind::AlreadyExists);
        network.leave("alice");
        assert!(network.node("alice").is_ok());
    });
}
