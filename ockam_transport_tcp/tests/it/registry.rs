//! What a transport tells about its connections and listeners.

use crate::support::{TcpNode, eventually, soon};
use ockam_core::{Address, Route, route};
use ockam_transport_tcp::{TcpConnectionOptions, TcpDirection, TcpListenerOptions};

#[tokio::test]
async fn connections_are_listed_with_their_peers_and_what_they_carried() {
    let (responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let peer = listener.socket_address().to_string();
    let connection = initiator.connect_to(&peer).await;
    for _ in 0..3 {
        let ask = initiator
            .ctx
            .send_and_receive::<String>(route![&connection, "echoer"], "Hi".to_string());
        soon(ask).await.unwrap();
    }
    let [ours] = &initiator.tcp.connections()[..] else { panic!("there is one") };
    let [theirs] = &responder.tcp.connections()[..] else { panic!("there is one") };
    assert_eq!(ours, &connection.info());
    assert_eq!((ours.peer.as_str(), ours.direction), (peer.as_str(), TcpDirection::Outgoing));
    assert_eq!(theirs.direction, TcpDirection::Incoming);
    assert!(theirs.peer.starts_with("127.0.0.1:"));
    assert!(ours.is_up && theirs.is_up);
    for (out, into) in [(ours, theirs), (theirs, ours)] {
        assert_eq!((out.messages_out, into.messages_in), (3, 3));
        // The first byte of each side is not part of a message.
        assert_eq!(out.bytes_out + 1, into.bytes_in);
    }
    assert_eq!((ours.dropped, theirs.dropped), (0, 0));
}

#[tokio::test]
async fn listeners_are_listed_with_the_connections_that_they_hold() {
    let node = TcpNode::new().await;
    let listener = node.listen(TcpListenerOptions::new()).await;
    let [listed] = &node.tcp.listeners()[..] else { panic!("there is one") };
    assert_eq!(listed.address(), listener.address());
    assert_eq!(listed.socket_address(), listener.socket_address());
    assert_eq!(listed.flow_control_id(), listener.flow_control_id());
    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    eventually("it was accepted", || listener.info().connections() == 1).await;
    connection.stop(&initiator.ctx).await.unwrap();
    eventually("it is gone", || listener.info().connections() == 0).await;
}

#[tokio::test]
async fn a_connection_is_its_senders_address_in_routes() {
    let (_responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let options = TcpConnectionOptions::new();
    let id = options.flow_control_id();
    let connection = initiator.tcp.connect(listener.socket_address(), options).await.unwrap();
    assert_eq!(connection.flow_control_id(), &id);
    let sender = connection.sender_address().clone();
    assert_eq!(Address::from(&connection), sender);
    assert_eq!(Route::from(connection.clone()), route![sender.clone()]);
    assert_eq!(route![connection, "echoer"], route![sender, "echoer"]);
}
