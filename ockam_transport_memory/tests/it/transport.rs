//! Routes that name a node by its address on the network.

use crate::support::{Echoer, ask, eventually};
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
        // The link that bob got by it is known by its flow.
        let info = bob.list_workers().into_iter().find_map(|address| {
            bob.flow_controls().find_flow_control_with_producer_address(&address)
        });
        bob.flow_controls().add_consumer("echoer", info.unwrap().flow_control_id());
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
fn an_unknown_name_is_an_error_that_says_what_to_do() {
    simulate(async {
        let network = Network::new(1);
        let alice = network.node("alice").unwrap();
        let error = ask(&alice, route![(MEMORY, "bob"), "echoer"], "Hello").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("no node is called `bob`"), "{error}");
        drop(network);
        let error = alice.send((MEMORY, "alice"), 1u8).await.unwrap_err();
        assert!(error.to_string().contains("its network is gone"), "{error}");
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
