//! Names of relays beside the addresses of the node's own workers, and how many a peer can have.

use crate::relay_bad_input::{Hostile, hostile};
use crate::support::{ask, link, ms};
use ockam::RelayServiceOptions;
use ockam::relay::{DEFAULT_MAX_RELAYS_PER_CONNECTION, DEFAULT_RELAY_PREFIX, RelayRefusal};
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::workers::Echoer;
use ockam_transport_memory::simulate;

/// Registers and waits for the answer of the relay.
async fn registered(hostile: &Hostile, name: &str) -> bool {
    hostile.register(name).await;
    hostile.raw.receive(ms(1000)).await.is_ok()
}

#[test]
fn a_registration_does_not_take_the_address_of_a_worker_that_is_restarted() {
    simulate(async {
        let hostile = hostile(RelayServiceOptions::new()).await;
        let middle = &hostile.middle;
        middle.start_worker("echoer", Echoer).await.unwrap();
        middle.stop_worker("echoer").await.unwrap();
        assert!(registered(&hostile, "echoer").await);
        assert!(registered(&hostile, "register").await);
        // What this node says to its own worker does not go to the peer.
        assert!(middle.send("echoer", "secret".to_string()).await.is_err());
        assert!(hostile.raw.receive(ms(1000)).await.is_err());
        middle.start_worker("echoer", Echoer).await.unwrap();
        assert_eq!(ask(middle, "echoer", "Hello").await.unwrap(), "Hello");
        let relays = hostile.service.relays();
        assert_eq!(relays.len(), 2);
        for relay in relays {
            assert!(relay.address().starts_with(DEFAULT_RELAY_PREFIX), "{relay}");
        }
    });
}

#[test]
fn one_connection_has_its_share_of_the_relays() {
    simulate(async {
        let hostile = hostile(RelayServiceOptions::new()).await;
        for number in 0..DEFAULT_MAX_RELAYS_PER_CONNECTION {
            assert!(registered(&hostile, &number.to_string()).await, "{number}");
        }
        assert!(!registered(&hostile, "one more").await);
        assert_eq!(hostile.service.refused(RelayRefusal::TooManyOfConnection), 1);
        // Its own names it may register again, and others have a share of their own.
        assert!(registered(&hostile, "7").await);
        let Hostile { network, middle, service, .. } = &hostile;
        let owner = network.node("owner").unwrap();
        let (up, down) = link(network, &owner, middle).await;
        middle.flow_controls().add_consumer("service", down.flow_control_id());
        let options = RemoteRelayOptions::new().with_service("service");
        RemoteRelay::create_static(&owner, &up, "cellar", options).await.unwrap();
        assert_eq!(service.relays().len(), DEFAULT_MAX_RELAYS_PER_CONNECTION + 1);
        // One that ended gives its place back.
        middle.stop_worker("forward_to_3").await.unwrap();
        assert!(registered(&hostile, "one more").await);
    });
}

#[test]
fn the_share_of_a_connection_can_be_set() {
    simulate(async {
        let options = RelayServiceOptions::new().with_max_relays_per_connection(2);
        let hostile = hostile(options).await;
        assert!(registered(&hostile, "a").await && registered(&hostile, "b").await);
        assert!(!registered(&hostile, "c").await);
    });
}
