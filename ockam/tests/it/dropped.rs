//! Registering a relay, dropped at each of its awaits: nothing is left at its owner.

use crate::drops::{Drops, all_of, at_each_await};
use crate::support::{eventually, plain, scene};
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam_transport_memory::simulate;
use std::time::Duration;

#[test]
fn a_registration_that_is_dropped_leaves_nothing_at_its_owner() {
    for name in [None, Some("cellar")] {
        simulate(at_each_await(2, async |drops: Drops| {
            let scene = scene(plain()).await;
            let before = all_of(&scene.owner);
            let (owner, up) = (&scene.owner, &scene.owner_up);
            let options = RemoteRelayOptions::new().with_consumer("echoer");
            let relay = drops.run(async {
                match name {
                    None => RemoteRelay::create(owner, up, options).await,
                    Some(name) => RemoteRelay::create_static(owner, up, name, options).await,
                }
            });
            let relay = relay.await.transpose().unwrap();
            // What is still on its way arrives at nobody.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let Some(relay) = relay else {
                assert_eq!(all_of(owner), before, "{drops:?}");
                // The name is free for a second attempt.
                scene.register("cellar").await;
                assert_eq!(scene.ask("cellar").await.unwrap(), "cellar");
                return false;
            };
            relay.stop(owner).await.unwrap();
            assert_eq!(all_of(owner).0, before.0);
            true
        }));
    }
}

#[test]
fn the_end_of_a_relay_goes_on_when_the_call_is_dropped() {
    simulate(at_each_await(2, async |drops: Drops| {
        let scene = scene(plain()).await;
        let workers = scene.owner.list_workers();
        let relay = scene.register("cellar").await;
        let stopped = drops.run(relay.stop(&scene.owner)).await.transpose().unwrap();
        if drops.polls > 0 {
            eventually("nothing is left", || scene.owner.list_workers() == workers).await;
        }
        assert_eq!(relay.is_kept(&scene.owner), drops.polls == 0);
        stopped.is_some()
    }));
}

#[test]
fn the_end_of_a_service_goes_on_when_the_call_is_dropped() {
    simulate(at_each_await(2, async |drops: Drops| {
        let scene = scene(plain()).await;
        scene.register("cellar").await;
        let stopped = drops.run(scene.service.stop(&scene.middle)).await.transpose().unwrap();
        if drops.polls > 0 {
            eventually("its relays end too", || {
                let workers = scene.middle.list_workers();
                !workers.contains(&"cellar".into()) && !workers.contains(scene.service.address())
            })
            .await;
        }
        stopped.is_some()
    }));
}
