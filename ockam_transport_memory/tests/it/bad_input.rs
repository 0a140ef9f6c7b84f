//! Invalid options, and nodes that cannot be linked.

use crate::support::ms;
use ockam_core::ErrorKind;
use ockam_transport_memory::{LinkOptions, MAX_DELAY, Network, simulate};

#[test]
fn options_that_make_no_sense_are_errors_that_say_why() {
    simulate(async {
        let network = Network::new(1);
        let (alice, bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
        let new = LinkOptions::new;
        for (options, part) in [
            (new().with_loss(1.5), "loss"),
            (new().with_loss(f64::NAN), "loss"),
            (new().with_duplication(-0.1), "duplication"),
            (new().with_delay(ms(2)..ms(1)), "swap the two"),
            (new().with_delay(ms(2)..), "give the range an end"),
            (new().with_delay(..MAX_DELAY + ms(1)), "end at"),
        ] {
            let error = network.link(&alice, &bob, options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(alice.list_workers().len(), 1);
    });
}

#[test]
fn a_link_to_a_node_that_has_stopped_is_an_error_and_leaves_nothing_at_the_other() {
    simulate(async {
        let network = Network::new(1);
        let (alice, mut bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
        bob.stop().await.unwrap();
        let error = network.link(&alice, &bob, LinkOptions::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        crate::support::eventually("alice has only app", || alice.list_workers().len() == 1).await;
    });
}
