//! Relays between three nodes: registering, using, replacing.

use crate::support::{Scene, ask, eventually, link, ms, plain, scene};
use ockam::access_control::AllowSourceAddress;
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::workers::Echoer;
use ockam::{ErrorKind, RelayService, RelayServiceOptions, route};
use ockam_transport_memory::simulate;

fn options() -> RelayServiceOptions {
    plain()
}

#[test]
fn a_worker_behind_a_firewall_is_reached_through_its_relay() {
    simulate(async {
        let scene = scene(options()).await;
        let wanted = RemoteRelayOptions::new().with_consumer("echoer");
        let relay = RemoteRelay::create(&scene.owner, &scene.owner_up, wanted).await.unwrap();
        let name = relay.registered_address().unwrap();
        assert_eq!(name.len(), 32);
        assert_eq!(relay.route().unwrap(), route![&scene.owner_up, &name]);
        assert_eq!(relay.flow_control_id().as_ref(), Some(scene.owner_up.flow_control_id()));
        assert_eq!(scene.service.relays(), std::slice::from_ref(&name));

        let through = route![&scene.user_up, name, "echoer"];
        assert_eq!(ask(&scene.user, through, "Hello").await.unwrap(), "Hello");
    });
}

#[test]
fn a_static_relay_has_the_wanted_name_behind_the_services_prefix() {
    simulate(async {
        let scene = scene(options().with_prefix("forward_to_")).await;
        let relay = scene.register("cellar").await;
        assert_eq!(relay.registered_address(), Some("forward_to_cellar".into()));
        assert_eq!(*relay.remote_address(), "forward_to_cellar".into());
        assert_eq!(scene.ask("forward_to_cellar").await.unwrap(), "forward_to_cellar");
    });
}

#[test]
fn a_node_of_the_facade_has_the_calls_and_a_service_may_have_any_address() {
    simulate(async {
        let Scene { network, owner, middle, .. } = scene(options()).await;
        let id = middle.flow_controls().generate_flow_control_id();
        let other = options().with_prefix("other_").service_as_consumer(&id);
        RelayService::create(&middle, "other", other).await.unwrap();
        let (up, down) = link(&network, &owner, &middle).await;
        middle.flow_controls().add_consumer("other", down.flow_control_id());
        let node = ockam::node(owner.into_context());
        let at_other = RemoteRelayOptions::new().with_service("other");
        let named = node.create_static_relay(&up, "x", at_other.clone()).await.unwrap();
        assert_eq!(named.registered_address(), Some("other_x".into()));
        let random = node.create_relay(&up, at_other).await.unwrap();
        assert_eq!(random.registered_address().unwrap().len(), "other_".len() + 32);
    });
}

#[test]
fn the_answer_names_the_connections_and_the_next_message_passes_the_relay_by() {
    simulate(async {
        let scene = scene(options()).await;
        scene.register("cellar").await;
        let through = route![&scene.user_up, "cellar", "echoer"];
        let answer = scene
            .user
            .send_and_receive_extended::<u8>(through, 1u8, Default::default())
            .await
            .unwrap();
        let way = answer.return_route();
        assert_eq!(way, route![&scene.user_up, &scene.owner_down, "echoer"]);
        // Also when the relay is gone.
        scene.middle.stop_worker("cellar").await.unwrap();
        assert_eq!(ask(&scene.user, way, "again").await.unwrap(), "again");
        assert!(scene.ask("cellar").await.is_err());
    });
}

#[test]
fn workers_beside_a_relay_that_use_it_are_not_opened_to_its_owner() {
    simulate(async {
        let scene = scene(options()).await;
        scene.register("cellar").await;
        let known = || format!("{:?}", scene.middle.flow_controls()).matches("0#").count();
        let before = known();
        for _ in 0..3 {
            let answer = ask(&scene.middle, route!["cellar", "echoer"], "near").await;
            assert_eq!(answer.unwrap(), "near");
        }
        assert_eq!(known(), before, "an answer needs no consumer");
    });
}

#[test]
fn through_a_relay_only_consumers_of_the_owners_connection_are_reached() {
    simulate(async {
        let scene = scene(options()).await;
        scene.owner.start_worker("private", Echoer).await.unwrap();
        scene.register("cellar").await;
        let private = route![&scene.user_up, "cellar", "private"];
        assert_eq!(ask(&scene.user, private, "in").await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(scene.ask("cellar").await.is_ok());
        // Nor is anything in the middle, that has not agreed.
        scene.middle.start_worker("private", Echoer).await.unwrap();
        let private = route![&scene.user_up, "private"];
        assert!(ask(&scene.user, private, "in").await.is_err());
    });
}

#[test]
fn who_has_no_way_to_the_service_is_told_after_the_timeout() {
    simulate(async {
        let scene = scene(options()).await;
        let begun = tokio::time::Instant::now();
        let relay = RemoteRelay::create(&scene.user, &scene.user_up, RemoteRelayOptions::new());
        let error = relay.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), ockam::limits::DEFAULT_TIMEOUT);
        assert!(error.to_string().contains("forwarding_service"), "{error}");
        let names = scene.user.list_workers();
        assert_eq!(names.len(), 3, "nothing is left: {names:?}");
    });
}

#[test]
fn the_newest_registration_of_a_name_wins() {
    simulate(async {
        let scene = scene(options()).await;
        scene.register("cellar").await;
        assert!(scene.ask("cellar").await.is_ok());

        let second = scene.network.node("second").unwrap();
        let (up, down) = link(&scene.network, &second, &scene.middle).await;
        for service in ["forwarding_service", "static_forwarding_service"] {
            scene.middle.flow_controls().add_consumer(service, down.flow_control_id());
        }
        second.start_worker("echoer", Echoer).await.unwrap();
        let options = RemoteRelayOptions::new().with_consumer("echoer");
        let sent = scene.owner_down.counters().sent;
        RemoteRelay::create_static(&second, &up, "cellar", options).await.unwrap();
        assert_eq!(scene.ask("cellar").await.unwrap(), "cellar");
        assert_eq!(scene.owner_down.counters().sent, sent, "the former owner hears nothing");
        assert_eq!((scene.service.relays().len(), scene.service.replaced()), (1, 1));
    });
}

#[test]
fn a_relay_that_is_let_go_leaves_nothing_at_its_owner() {
    simulate(async {
        let scene = scene(options()).await;
        let before = scene.owner.list_workers();
        let relay = scene.register("cellar").await;
        assert!(relay.is_kept(&scene.owner));
        relay.stop(&scene.owner).await.unwrap();
        assert!(!relay.is_kept(&scene.owner));
        assert_eq!(scene.owner.list_workers(), before);
        // The other node does not hear of it.
        assert!(scene.ask("cellar").await.is_ok());
    });
}

#[test]
fn a_stopped_service_takes_its_relays_along_and_leaves_the_names_to_a_new_one() {
    simulate(async {
        let scene = scene(options()).await;
        scene.register("cellar").await;
        scene.service.stop(&scene.middle).await.unwrap();
        eventually("the relay is gone", || !scene.middle.is_worker_registered_at("cellar")).await;
        let again = options()
            .with_alias("static_forwarding_service")
            .service_as_consumer(scene.owner_down.flow_control_id())
            .relay_as_consumer(scene.user_down.flow_control_id());
        RelayService::create(&scene.middle, "forwarding_service", again).await.unwrap();
        scene.register("cellar").await;
        assert!(scene.ask("cellar").await.is_ok());
    });
}

#[test]
fn an_access_control_says_who_may_register() {
    simulate(async {
        let nobody = options().with_access_control(AllowSourceAddress("nobody".into()));
        let scene = scene(nobody).await;
        let limit = RemoteRelayOptions::new().with_timeout(ms(500));
        let relay = RemoteRelay::create_static(&scene.owner, &scene.owner_up, "cellar", limit);
        assert_eq!(relay.await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(scene.service.relays().is_empty());
    });
}
