//! Peers whose node stops, and channels that a program stops.

use super::stage::{LISTENER, Life, Recorded, Stage, ask, is_down, until_state};
use crate::support::ms;
use ockam::access_control::Authorization;
use ockam::identity::{Identifier, SecureChannelListenerOptions, TrustPolicy};
use ockam::link::{LinkKind, LinkState};
use ockam::{ErrorKind, route};
use ockam_transport_memory::{MEMORY, simulate};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

impl Stage {
    /// Stops Bob's node as a service does that is started anew.
    async fn stop(&self, life: Life) -> Recorded {
        life.node.handle().stop().await.unwrap();
        self.kill(life)
    }
}

fn is_over(state: &LinkState) -> bool {
    matches!(state, LinkState::Down { .. })
}

/// Returns the address of Bob's end of the only channel.
fn end_of(bob: &Life) -> String {
    let links = bob.node.links();
    let mut channels = links.iter().filter(|link| link.kind == LinkKind::Channel);
    let end = channels.next().unwrap().address.to_string();
    assert!(channels.next().is_none());
    end
}

#[test]
fn a_channel_is_made_again_with_a_peer_whose_node_was_stopped_and_started_anew() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let channel = stage.channel().await;
        let workers = stage.alice_node.list_workers().len();
        for _ in 0..20 {
            stage.assert_answered(&channel).await;
            stage.stop(bob).await;
            sleep(3 * SECOND).await;
            assert!(matches!(channel.state(), LinkState::Connecting { .. }), "{}", channel.state());
            bob = stage.bob().await;
            let begun = Instant::now();
            stage.assert_answered(&channel).await;
            assert!(begun.elapsed() <= 2 * SECOND, "{:?}", begun.elapsed());
        }
        // Only the end of the link is another one.
        assert_eq!(stage.alice_node.list_workers().len(), workers);
    });
}

/// The peer's word is enough: the link stays up.
#[test]
fn those_who_wait_for_a_peer_whose_node_stops_are_told_at_once_and_why() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;
        let pending = ask(&stage.alice_node, &channel, "silent", 60 * SECOND);
        let stop = async {
            sleep(ms(10)).await;
            bob.node.handle().stop().await.unwrap();
        };
        let begun = Instant::now();
        let (error, ()) = tokio::join!(pending, stop);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert!(error.to_string().contains("is stopping"), "{error}");
        assert!(begun.elapsed() <= SECOND, "{:?}", begun.elapsed());
        let state = until_state(&channel, is_down).await.to_string();
        assert!(state.contains("attempt 1"), "{state}");
        assert!(state.ends_with(&format!("the node of {} is stopping", stage.bob)), "{state}");
    });
}

#[test]
fn a_channel_that_either_side_stops_stays_stopped() {
    simulate(async {
        for by_bob in [true, false] {
            let mut stage = Stage::new().await;
            let bob = stage.bob().await;
            let channel = stage.channel().await;
            stage.assert_answered(&channel).await;
            let mut watch = channel.watch();
            if by_bob {
                bob.node.stop_worker(end_of(&bob)).await.unwrap();
            } else {
                channel.stop(&stage.alice_node).await.unwrap();
            }
            while !watch.is_over() {
                watch.changed().await;
            }
            sleep(60 * SECOND).await;
            assert!(is_over(&channel.state()), "{}", channel.state());
            let error = ask(&stage.alice_node, &channel, "echoer", SECOND).await.unwrap_err();
            assert!(error.to_string().contains("was closed"), "{error}");
            let ends = |life: &Life| life.node.links().len();
            assert_eq!(ends(&bob), 0, "Bob's node has no end of a channel");
        }
    });
}

/// As a peer of Ockam 0.150 does, and one that does not make its channels again.
#[test]
fn without_the_feature_or_without_attempts_a_stop_is_the_end() {
    simulate(async {
        for knows in [true, false] {
            let mut stage = Stage::new().await;
            let options = SecureChannelListenerOptions::new();
            let options = if knows { options } else { options.without_refusals() };
            let (identities, own) = (stage.of_bob.clone(), stage.bob);
            let bob = stage.bob_as(&identities, &own, options).await;
            let options = stage.options();
            let options = if knows { options.without_reconnect() } else { options };
            let channel = stage.channel_with(options).await;
            stage.assert_answered(&channel).await;
            stage.stop(bob).await;
            let _bob = stage.bob().await;
            sleep(60 * SECOND).await;
            let state = channel.state();
            assert!(is_over(&state), "{state}");
            assert!(state.to_string().contains("was closed by the peer"), "{state}");
        }
    });
}

/// Lets everybody in, after a while.
#[derive(Debug, Clone)]
struct Slow;

impl TrustPolicy for Slow {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        Authorization::Later(Box::pin(async {
            sleep(SECOND / 2).await;
            Ok(true)
        }))
    }
}

/// No worker starts on a node that stops, and a responder needs one more.
#[test]
fn a_node_that_begins_to_stop_in_a_handshake_tells_the_initiator_so() {
    simulate(async {
        let mut stage = Stage::new().await;
        let options = SecureChannelListenerOptions::new().with_trust_policy(Slow);
        let (identities, own) = (stage.of_bob.clone(), stage.bob);
        let bob = stage.bob_as(&identities, &own, options).await;
        let before = stage.alice_node.list_workers();
        let way = route![(MEMORY, "bob"), LISTENER];
        let (alice_node, alice) = (&stage.alice_node, &stage.alice);
        let made = stage.of_alice.create_secure_channel(alice_node, alice, way, stage.options());
        let stop = async {
            // While the policy is asked.
            sleep(ms(100)).await;
            bob.node.handle().stop().await.unwrap();
        };
        let begun = Instant::now();
        let ((made, took), ()) = tokio::join!(async { (made.await, begun.elapsed()) }, stop);
        let error = made.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        let text = format!("{} takes no channel now: its node is stopping", stage.bob);
        assert!(error.to_string().contains(&text), "{error}");
        assert_eq!(took, SECOND / 2);
        sleep(SECOND).await;
        assert!(stage.alice_node.list_workers().len() <= before.len());
    });
}
