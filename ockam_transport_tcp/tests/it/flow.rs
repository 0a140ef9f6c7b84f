//! Who is reached from outside, and how messages pass a node in the middle.

use crate::peer::Peer;
use crate::support::{Collector, TcpNode, soon};
use ockam_core::{
    Address, AllowAll, Any, DenyAll, ErrorKind, LocalInfo, LocalMessage, Result, Routed, TCP,
    TransportMessage, Worker, encode, route,
};
use ockam_node::{Context, DeadLetterReason, MessageSendReceiveOptions};
use ockam_transport_tcp::{TcpConnection, TcpConnectionOptions, TcpListenerOptions};
use std::time::Duration;
use tokio::sync::mpsc::unbounded_channel;

fn message(onward: impl Into<ockam_core::Route>) -> TransportMessage {
    TransportMessage::new(onward, route!["app"], vec![1, b'a'])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_reached_is_dropped_and_counted_and_the_connection_kept() {
    let (node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let mut private = node.collect("private").await;
    let mut peer = Peer::greeting(listener.socket_address());
    let refused = [
        route!["private"],
        route!["nobody"],
        route!["app"],
        route![(TCP, "127.0.0.1:1"), "echoer"],
        route![(TCP, listener.socket_address().to_string()), "echoer"],
    ];
    for onward in &refused {
        peer.say_message(&message(onward));
    }
    peer.say_message(&message("echoer"));
    assert_eq!(*soon(arrived.recv()).await.unwrap().payload(), [1, b'a']);
    assert!(private.try_recv().is_err());
    let denied = node.ctx.dead_letters().count(DeadLetterReason::Denied);
    assert_eq!(denied, refused.len() as u64);
    assert_eq!(node.tcp.connections()[0].dropped, refused.len() as u64);
    assert_eq!(node.tcp.connections().len(), 1, "nothing was dialled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_to_a_peer_that_names_a_host_goes_to_the_peer_and_not_to_the_host() {
    let (node, listener) = TcpNode::echoing().await;
    let host = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = Address::new(TCP, host.local_addr().unwrap().to_string());
    let mut peer = Peer::greeting(listener.socket_address());
    for back in [route![&host, "app"], route!["app", &host], route!["h1", "h2", &host, "app"]] {
        let question = TransportMessage::new("echoer", back.clone(), vec![1, b'a']);
        peer.say_message(&question);
        assert_eq!(peer.hear().onward_route, back);
    }
    assert_eq!(node.tcp.connections().len(), 1, "nothing was dialled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_access_control_refuses_is_dropped_and_the_connection_kept() {
    let (node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let (guarded, mut refused) = unbounded_channel();
    let worker = Collector(guarded);
    node.ctx.start_worker_with_access_control("guarded", worker, DenyAll, AllowAll).await.unwrap();
    node.ctx.flow_controls().add_consumer("guarded", listener.flow_control_id());
    let mut peer = Peer::greeting(listener.socket_address());
    peer.say_message(&message("guarded"));
    peer.say_message(&message("echoer"));
    assert_eq!(*soon(arrived.recv()).await.unwrap().payload(), [1, b'a']);
    assert!(refused.try_recv().is_err());
    assert_eq!(node.ctx.dead_letters().count(DeadLetterReason::Denied), 1);
}

#[tokio::test]
async fn consumers_of_a_connection_are_reached_over_it_and_those_of_another_are_not() {
    let (responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let connections = [initiator.connect(&listener).await, initiator.connect(&listener).await];
    let mut arrived = initiator.collect("worker").await;
    initiator.ctx.flow_controls().add_consumer("worker", connections[0].flow_control_id());
    // The other end of each connection is the one that has carried a message and is not known yet.
    let mut senders: Vec<Address> = Vec::new();
    for connection in &connections {
        let (ctx, hello) = (&initiator.ctx, "Hello".to_string());
        ctx.send_and_receive::<String>(route![connection, "echoer"], hello).await.unwrap();
        let other_ends = responder.tcp.connections().into_iter();
        let used = other_ends.filter(|other_end| other_end.messages_in > 0);
        let mut used = used.map(|other_end| other_end.sender_address);
        senders.push(used.find(|sender| !senders.contains(sender)).unwrap());
    }
    for sender in senders.iter().rev() {
        responder.ctx.send(route![sender.clone(), "worker"], sender.to_string()).await.unwrap();
    }
    let message = soon(arrived.recv()).await.unwrap();
    assert_eq!(*message.payload(), encode(&senders[0].to_string()).unwrap());
    assert!(arrived.try_recv().is_err());
}

#[tokio::test]
async fn local_info_stays_on_its_node_and_the_return_route_leads_through_the_sender() {
    let (responder, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    let sent = TransportMessage::new(
        route![&connection, "echoer", "further"],
        route!["h1", "app"],
        vec![7],
    );
    let secret = LocalInfo::new(String::from("secret"));
    initiator.ctx.forward(LocalMessage::new(sent, vec![secret])).await.unwrap();
    let message = soon(arrived.recv()).await.unwrap();
    let sender = responder.tcp.connections().remove(0).sender_address;
    assert_eq!(message.onward_route(), &route!["echoer", "further"]);
    assert_eq!(message.return_route(), &route![sender, "h1", "app"]);
    assert!(message.local_info().is_empty());
}

/// Forwards along a fixed route and opens the way between the two connections.
struct Relay(TcpConnection);

impl Worker for Relay {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.modify().pop_front().prepend_route(&self.0);
        let previous = message.return_route().next()?.clone();
        let flows = ctx.flow_controls();
        let from = flows.find_flow_control_with_producer_address(&previous).unwrap();
        flows.add_consumer(&self.0, from.flow_control_id());
        flows.add_consumer(previous, self.0.flow_control_id());
        ctx.forward(message).await
    }
}

#[tokio::test]
async fn a_message_passes_a_node_in_the_middle_and_the_next_one_does_not_visit_its_forwarder() {
    let (_responder, listener) = TcpNode::echoing().await;
    let middle = TcpNode::new().await;
    let onward = middle.connect(&listener).await;
    middle.ctx.start_worker("relay", Relay(onward.clone())).await.unwrap();
    let listener = middle.listen(TcpListenerOptions::new()).await;
    middle.ctx.flow_controls().add_consumer("relay", listener.flow_control_id());

    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    let first = initiator.ctx.send_and_receive_extended::<String>(
        route![&connection, "relay", "echoer"],
        "Hello".to_string(),
        MessageSendReceiveOptions::new(),
    );
    let answer = soon(first).await.unwrap();
    let direct = answer.return_route();
    assert_eq!(direct, route![connection, onward, "echoer"]);
    middle.ctx.stop_worker("relay").await.unwrap();
    let second = initiator.ctx.send_and_receive::<String>(direct, "again".to_string());
    assert_eq!(soon(second).await.unwrap(), "again");
}

#[tokio::test]
async fn a_connection_that_is_a_consumer_of_a_flow_lets_its_messages_out() {
    let (_responder, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let middle = TcpNode::new().await;
    let inward = TcpListenerOptions::new();
    let options = TcpConnectionOptions::new().as_consumer(&inward.spawner_flow_control_id());
    let onward = middle.tcp.connect(listener.socket_address(), options).await.unwrap();
    let closed = middle.connect(&listener).await;
    let listener = middle.listen(inward).await;

    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    for (number, out) in [(1u8, closed), (2u8, onward)] {
        initiator.ctx.send(route![&connection, out, "echoer"], number).await.unwrap();
    }
    assert_eq!(*soon(arrived.recv()).await.unwrap().payload(), [2]);
}

#[tokio::test]
async fn a_far_ask_that_nobody_answers_ends_at_its_timeout() {
    let (_responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_millis(1));
    let ask = initiator.ctx.send_and_receive_extended::<u8>(route![connection, "no"], 1u8, options);
    assert_eq!(soon(ask).await.unwrap_err().kind(), ErrorKind::TimedOut);
}
