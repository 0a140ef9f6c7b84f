//! What programs see of the transport.
#![allow(clippy::unwrap_used)]

use ockam::dead_letter::DeadLetterReason;
use ockam::workers::Echoer;
use ockam::{Context, ErrorKind, NodeBuilder, route};
use toy_transport::{PIPE, PipeTransport, Street};

async fn two_nodes() -> (Context, Context) {
    let street = Street::default();
    let [alice, bob] = [(); 2].map(|()| NodeBuilder::new().build().unwrap());
    PipeTransport::create(&alice, &street, "alice").await.unwrap();
    let flow = PipeTransport::create(&bob, &street, "bob").await.unwrap();
    bob.start_worker("echoer", Echoer).await.unwrap();
    bob.start_worker("hidden", Echoer).await.unwrap();
    bob.flow_controls().add_consumer("echoer", &flow);
    (alice, bob)
}

#[tokio::test]
async fn a_route_that_names_a_node_makes_a_pipe_and_later_ones_use_it() {
    let (mut alice, mut bob) = two_nodes().await;
    for text in ["Hello", "Ockam"] {
        let route = route![(PIPE, "bob"), "echoer"];
        let reply: String = alice.send_and_receive(route, text.to_string()).await.unwrap();
        assert_eq!(reply, text);
    }
    assert_eq!(alice.links()[0].name, "bob");
    // The worker of main, the echoers of bob, and the two of an end each.
    assert_eq!((alice.list_workers().len(), bob.list_workers().len()), (3, 5));
    alice.stop().await.unwrap();
    bob.stop().await.unwrap();
}

#[tokio::test]
async fn a_worker_that_is_no_consumer_is_not_reached() {
    let (alice, bob) = two_nodes().await;
    alice.send(route![(PIPE, "bob"), "hidden"], "Hello".to_string()).await.unwrap();
    // Behind it in the same pipe.
    let route = route![(PIPE, "bob"), "echoer"];
    alice.send_and_receive::<String>(route, String::new()).await.unwrap();
    assert_eq!(bob.dead_letters().count(DeadLetterReason::Denied), 1);
}

#[tokio::test]
async fn an_ask_ends_when_the_node_at_the_other_end_stops_or_is_unknown() {
    let (alice, mut bob) = two_nodes().await;
    let to_bob =
        || alice.send_and_receive::<String>(route![(PIPE, "bob"), "echoer"], String::new());
    to_bob().await.unwrap();
    bob.stop().await.unwrap();
    assert!(to_bob().await.is_err());
    let asked = alice.send_and_receive::<String>(route![(PIPE, "carol"), "echoer"], String::new());
    assert_eq!(asked.await.unwrap_err().kind(), ErrorKind::NotFound);
}
