//! A relay that is registered through a channel, which is made again.

use super::stage::{LISTENER, Life, Stage};
use crate::support::{ask, plain};
use ockam::link::{LinkKind, LinkState};
use ockam::relay::STATIC_FORWARDING_SERVICE;
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::workers::Echoer;
use ockam::{RelayService, route};
use ockam_transport_memory::simulate;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Starts a relay service at Bob's node for those who have a channel with him.
async fn serve(bob: &Life) -> RelayService {
    let flows = bob.node.flow_controls();
    let listener = flows.find_flow_control_with_spawner_address(&LISTENER.into()).unwrap();
    let options = plain()
        .with_alias(STATIC_FORWARDING_SERVICE)
        .service_as_consumer(listener.flow_control_id());
    RelayService::create(&bob.node, "forwarding_service", options).await.unwrap()
}

#[test]
fn a_relay_over_a_channel_is_registered_once_as_soon_as_the_channel_is_made_again() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let mut service = serve(&bob).await;
        let channel = stage.channel().await;
        stage.alice_node.start_worker("mirror", Echoer).await.unwrap();
        let options = RemoteRelayOptions::new().with_consumer("mirror").with_retries();
        let relay = RemoteRelay::create_static(&stage.alice_node, &channel, "alice", options);
        let relay = relay.await.unwrap();
        let mut watch = relay.watch();
        for away in [3, 3, 10, 3600] {
            while !watch.state().is_up() {
                watch.changed().await;
            }
            let answer = ask(&bob.node, route!["alice", "mirror"], "Hello").await;
            assert_eq!(answer.unwrap(), "Hello");
            assert_eq!(service.replaced(), 0, "it was registered once");
            let kinds: Vec<LinkKind> =
                stage.alice_node.links().into_iter().map(|link| link.kind).collect();
            assert_eq!(kinds, [LinkKind::Channel, LinkKind::Relay]);

            sleep(10 * SECOND).await;
            stage.kill(bob);
            sleep(SECOND * away).await;
            let state = relay.state();
            let LinkState::Connecting { why, .. } = &state else { panic!("{state}") };
            assert!(why.starts_with("its way is not up: connecting"), "{state}");
            bob = stage.bob().await;
            service = serve(&bob).await;
            let back = Instant::now();
            while !watch.state().is_up() {
                watch.changed().await;
            }
            // The channel's wait, and nothing behind it.
            let longest = if away < 30 { SECOND } else { 15 * SECOND };
            assert!(back.elapsed() <= longest, "{:?} after {away} s", back.elapsed());
        }
    });
}
