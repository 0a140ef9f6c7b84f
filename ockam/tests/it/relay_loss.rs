//! Relays and the loss of connections: the owner registers again, and dead relays go away.

use crate::support::{ask, eventually, ms, plain, scene};
use ockam::relay::RELAY_LONGEST_WAIT;
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::workers::Echoer;
use ockam::{ErrorKind, route};
use ockam_transport_memory::{MEMORY, simulate};
use std::time::Duration;

/// The flow of a link that the network made, at the node that did not ask for it.
fn new_flow(
    node: &ockam::Handle,
    known: &[&ockam::flow_control::FlowControlId],
) -> Option<ockam::flow_control::FlowControlId> {
    let flows = node.flow_controls();
    let ids = node.list_workers().into_iter().filter_map(|address| {
        let info = flows.find_flow_control_with_producer_address(&address)?;
        Some(info.flow_control_id().clone())
    });
    ids.into_iter().find(|id| !known.contains(&id))
}

#[test]
fn an_owner_whose_connection_was_replaced_registers_again_and_its_workers_are_reached() {
    simulate(async {
        let scene = scene(plain()).await;
        let options = RemoteRelayOptions::new().with_consumer("echoer");
        let relay = RemoteRelay::create_static(&scene.owner, (MEMORY, "middle"), "cellar", options);
        let relay = relay.await.unwrap();
        assert!(scene.ask("cellar").await.is_ok());
        let before = scene.owner.list_workers().len();

        scene.network.disconnect(&scene.owner_up);
        // The new link comes from the owner; the middle lets it reach the service some time later.
        let known = [scene.owner_down.flow_control_id(), scene.user_down.flow_control_id()];
        eventually("the owner connects", || new_flow(&scene.middle, &known).is_some()).await;
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert!(scene.ask("cellar").await.is_err() && relay.is_kept(&scene.owner));
        let flow = new_flow(&scene.middle, &known).unwrap();
        scene.middle.flow_controls().add_consumer("static_forwarding_service", &flow);
        // One wait and one attempt at most.
        tokio::time::sleep(RELAY_LONGEST_WAIT + ockam::limits::DEFAULT_TIMEOUT).await;
        assert_eq!(scene.ask("cellar").await.unwrap(), "cellar");
        assert_eq!(scene.owner.list_workers().len(), before, "nothing is left of the first");
    });
}

#[test]
fn attempts_to_register_again_are_bounded_in_their_number() {
    simulate(async {
        let scene = scene(plain()).await;
        let options = RemoteRelayOptions::new().with_timeout(ms(1000));
        let relay = RemoteRelay::create_static(&scene.owner, (MEMORY, "middle"), "cellar", options);
        relay.await.unwrap();
        let sent = scene.network.counters().sent;
        scene.network.disconnect(&scene.owner_up);
        // Nobody lets the new link reach the service. Each attempt waits for a second, and the waits
        // are a second for half a minute and then 15, less by up to a half.
        tokio::time::sleep(Duration::from_secs(3600)).await;
        let attempts = scene.network.counters().sent - sent;
        assert!((3600 / 16..3600 / 8).contains(&attempts), "{attempts} attempts in an hour");
    });
}

#[test]
fn a_relay_with_no_hope_ends_and_leaves_nothing() {
    simulate(async {
        let scene = scene(plain()).await;
        let options = RemoteRelayOptions::new;
        // A random name would be another one, and a connection that has ended does not come back.
        let named = scene.register("cellar").await;
        let random =
            RemoteRelay::create(&scene.owner, (MEMORY, "middle"), options()).await.unwrap();
        scene.network.disconnect(&scene.owner_up);
        eventually("both are gone", || {
            !named.is_kept(&scene.owner) && !random.is_kept(&scene.owner)
        })
        .await;
        eventually("the rest too", || scene.owner.list_workers().len() == 2).await;
        assert_eq!(named.stop(&scene.owner).await.unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_registration_whose_connection_is_lost_fails_at_once() {
    simulate(async {
        let scene = scene(plain()).await;
        scene.network.partition(&scene.owner_up);
        let begun = tokio::time::Instant::now();
        let create = RemoteRelay::create(&scene.owner, &scene.owner_up, RemoteRelayOptions::new());
        let (outcome, ()) = tokio::join!(create, async {
            tokio::time::sleep(ms(5)).await;
            scene.network.disconnect(&scene.owner_up);
        });
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Stopped);
        assert!(begun.elapsed() < ms(100));
        eventually("nothing is left", || scene.owner.list_workers().len() == 2).await;
    });
}

#[test]
fn a_relay_whose_connection_is_gone_ends_with_the_next_message() {
    simulate(async {
        let scene = scene(plain()).await;
        scene.register("cellar").await;
        scene.network.disconnect(&scene.owner_up);
        eventually("the connection is gone", || {
            !scene.middle.is_worker_registered_at(scene.owner_down.address().clone())
        })
        .await;
        assert_eq!(scene.service.relays().len(), 1);
        assert!(scene.ask("cellar").await.is_err());
        eventually("the relay is gone", || !scene.middle.is_worker_registered_at("cellar")).await;
        assert!(scene.service.relays().is_empty());
        // The name is free for anybody.
        scene.middle.start_worker("cellar", Echoer).await.unwrap();
        let now = ask(&scene.user, route![&scene.user_up, "cellar"], "in").await;
        assert!(now.is_err(), "whoever comes to the name has not agreed to be reached");
    });
}

#[test]
fn a_registration_replaces_a_relay_that_waits_for_a_connection_that_takes_nothing() {
    simulate(async {
        let scene = scene(plain()).await;
        let hour = Duration::from_secs(3600);
        let slow = ockam_transport_memory::LinkOptions::new().with_delay(hour..=hour);
        let (up, down) = scene.network.link(&scene.owner, &scene.middle, slow).await.unwrap();
        let service = "static_forwarding_service";
        scene.middle.flow_controls().add_consumer(service, down.flow_control_id());
        let patient = RemoteRelayOptions::new().with_timeout(3 * hour);
        RemoteRelay::create_static(&scene.owner, &up, "cellar", patient).await.unwrap();
        // More than the link, the sender's mailbox and the relay's own hold.
        let flood = async {
            for number in 0..4000u32 {
                scene.user.send(route![&scene.user_up, "cellar", "echoer"], number).await.unwrap();
            }
        };
        let replace = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            let begun = tokio::time::Instant::now();
            scene.register("cellar").await;
            assert!(begun.elapsed() < ms(1000), "{:?}", begun.elapsed());
        };
        tokio::join!(flood, replace);
        assert!(scene.ask("cellar").await.is_ok());
    });
}
