//! How connections end, and who is told.

use crate::peer::{Peer, frame};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{ErrorKind, MAX_FRAME_LEN, NeutralMessage, TransportMessage, route};
use ockam_node::DeadLetterReason;
use ockam_transport_tcp::{TcpConnection, TcpListenerOptions};
use std::net::TcpListener as StdListener;

/// A node that is connected to a peer.
struct Pair {
    node: TcpNode,
    connection: TcpConnection,
    peer: Peer,
}

impl Pair {
    async fn new() -> Self {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let node = TcpNode::new().await;
        let connection = node.connect_to(socket.local_addr().unwrap()).await;
        let mut peer = Peer::accept(&socket);
        peer.say(&[1]);
        Pair { node, connection, peer }
    }

    fn ask(&self) -> tokio::task::JoinHandle<ockam_core::Result<String>> {
        let (ctx, route) = (self.node.ctx.handle(), route![&self.connection, "echoer"]);
        tokio::spawn(
            async move { ctx.send_and_receive::<String>(route, "Hello".to_string()).await },
        )
    }

    async fn gone(&self) {
        let (sender, receiver) = (self.connection.address(), self.connection.receiver_address());
        for worker in [sender, receiver] {
            let ctx = &self.node.ctx;
            eventually("it is gone", || !ctx.is_worker_registered_at(worker.clone())).await;
        }
        let connections = self.node.tcp.connections();
        assert!(connections.iter().all(|known| known.sender_address != *sender));
    }

    fn ended(&self, why: &str) -> String {
        format!("the TCP connection to {} has ended: {why}", self.connection.info().peer)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_peer_closes_asks_and_later_sends_are_told_and_others_go_on() {
    let mut pair = Pair::new().await;
    let (_responder, listener) = TcpNode::echoing().await;
    let other = pair.node.connect(&listener).await;
    let ask = pair.ask();
    pair.peer.hear();
    std::mem::replace(&mut pair.peer, Peer::connect(listener.socket_address())).close();
    let error = soon(ask).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let why = pair.ended("the other side closed it");
    assert_eq!(error.to_string(), format!("no answer: {why}"));
    pair.gone().await;
    let error = pair.node.ctx.send(route![&pair.connection, "echoer"], 7u8).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Stopped, why));
    let ask =
        pair.node.ctx.send_and_receive::<String>(route![other, "echoer"], "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrived_before_the_end_is_delivered() {
    let (node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let mut peer = Peer::greeting(listener.socket_address());
    let messages = 5_000;
    for number in 0..messages {
        let body = u32::to_be_bytes(number).to_vec();
        peer.say_message(&TransportMessage::new("echoer", route!["app"], body));
    }
    let closing = tokio::task::spawn_blocking(move || peer.close());
    for number in 0..messages {
        assert_eq!(*soon(arrived.recv()).await.unwrap().payload(), number.to_be_bytes());
    }
    eventually("it has ended", || node.tcp.connections().is_empty()).await;
    soon(closing).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_cut_short_is_dropped() {
    for reset in [false, true] {
        let (node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
        let mut peer = Peer::greeting(listener.socket_address());
        let whole = frame(&TransportMessage::new("echoer", route!["app"], vec![7; 100]));
        peer.say(&whole);
        soon(arrived.recv()).await.unwrap();
        peer.say(&whole[..50]);
        if reset {
            peer.reset();
        } else {
            peer.close();
        }
        eventually("it has ended", || node.tcp.connections().is_empty()).await;
        assert!(arrived.try_recv().is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_tells_the_asks() {
    let mut pair = Pair::new().await;
    let ask = pair.ask();
    pair.peer.hear();
    let elsewhere = StdListener::bind("127.0.0.1:0").unwrap();
    let dummy = Peer::connect(elsewhere.local_addr().unwrap());
    std::mem::replace(&mut pair.peer, dummy).reset();
    let error = soon(ask).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains(&pair.ended("")), "{error}");
    pair.gone().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_is_no_node_tells_the_asks_why() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = node.connect_to(socket.local_addr().unwrap()).await;
    let mut peer = Peer::accept(&socket);
    let ctx = node.ctx.handle();
    let ask = tokio::spawn(async move {
        ctx.send_and_receive::<String>(route![&connection, "echoer"], "Hello".to_string()).await
    });
    peer.hear();
    peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let error = soon(ask).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("the peer's first byte is 0x48, not 0x01"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn disconnecting_writes_what_was_sent_before_and_closes() {
    let mut pair = Pair::new().await;
    for number in 0..1_000u32 {
        let body = NeutralMessage::from(number.to_be_bytes().to_vec());
        pair.node.ctx.send(route![&pair.connection, "echoer"], body).await.unwrap();
    }
    let ask = pair.ask();
    let mut asked = 0;
    while asked < 1_001 {
        pair.peer.hear();
        asked += 1;
    }
    pair.node.tcp.disconnect(&pair.connection).await.unwrap();
    let error = soon(ask).await.unwrap().unwrap_err();
    let why = pair.ended("it was closed on this side");
    assert_eq!(error.to_string(), format!("no answer: {why}"));
    assert!(pair.peer.hear_end().is_empty());
    pair.gone().await;
    let error = pair.node.tcp.disconnect(&pair.connection).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    pair.connection.stop(&pair.node.ctx).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_closed_by_its_receivers_address_and_by_itself_too() {
    for by_receiver in [true, false] {
        let mut pair = Pair::new().await;
        if by_receiver {
            let receiver = pair.connection.receiver_address().clone();
            pair.node.tcp.disconnect(receiver).await.unwrap();
        } else {
            pair.connection.stop(&pair.node.ctx).await.unwrap();
        }
        assert_eq!(pair.peer.hear_end(), [1]);
        pair.gone().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_too_large_fails_alone_and_its_asker_is_told() {
    let mut pair = Pair::new().await;
    let body = NeutralMessage::from(vec![0; MAX_FRAME_LEN]);
    let ask = pair.node.ctx.send_and_receive::<u8>(route![&pair.connection, "echoer"], body);
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("larger than the limit of 4194304 bytes"), "{error}");
    assert_eq!(pair.node.ctx.dead_letters().count(DeadLetterReason::Unsendable), 1);
    pair.node.ctx.send(route![&pair.connection, "echoer"], 7u8).await.unwrap();
    assert_eq!(pair.peer.hear().payload, [7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_ends_at_a_connection_is_an_error_that_says_so() {
    let pair = Pair::new().await;
    let ask = pair.node.ctx.send_and_receive::<u8>(&pair.connection, 7u8);
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("add the address of a worker behind it"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_listener_keeps_its_connections_and_takes_no_more() {
    let (responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    eventually("it was accepted", || responder.tcp.connections().len() == 1).await;
    responder.tcp.stop_listener(&listener).await.unwrap();
    assert!(responder.tcp.listeners().is_empty());
    let refused = initiator.tcp.connect(listener.socket_address(), Default::default()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Io);
    // The connection's own consumers are reached as before.
    let flow = responder.tcp.connections().remove(0).flow_control_id;
    responder.ctx.flow_controls().add_consumer("echoer", &flow);
    let ask =
        initiator.ctx.send_and_receive::<String>(route![connection, "echoer"], "Hi".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hi");
    let error = responder.tcp.stop_listener(&listener).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    responder.tcp.listen(listener.socket_address(), TcpListenerOptions::new()).await.unwrap();
}

/// The system tells an error of a socket once, to whoever asks first; from then on reading sees a
/// clean end and writing a closed connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_is_the_reason_for_all_whichever_half_hears_of_it() {
    let elsewhere = StdListener::bind("127.0.0.1:0").unwrap();
    let dummy = || Peer::connect(elsewhere.local_addr().unwrap());
    for round in 0..60 {
        let mut pair = Pair::new().await;
        let ask = pair.ask();
        pair.peer.hear();
        let (ctx, route) = (pair.node.ctx.handle(), route![&pair.connection, "echoer"]);
        // A stream goes through the sender's mailbox; a dialogue is written where it is sent.
        let sends = tokio::spawn(async move {
            loop {
                if let Err(error) = ctx.send(route.clone(), 7u8).await {
                    return error;
                }
                if round % 2 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
        if round % 3 == 0 {
            // What the other side says gives the turn to write where a message is sent.
            let answer = TransportMessage::new(route!["nobody"], route!["far"], vec![1]);
            (0..20).for_each(|_| pair.peer.say_message(&answer));
        }
        std::mem::replace(&mut pair.peer, dummy()).reset();
        let why = pair.ended("the other side reset it");
        let error = soon(ask).await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), format!("no answer: {why}"), "in round {round}");
        pair.gone().await;
        let error = soon(sends).await.unwrap();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        let error = pair.node.ctx.send(route![&pair.connection, "echoer"], 7u8).await.unwrap_err();
        assert_eq!(error.to_string(), why, "in round {round}");
    }
}
