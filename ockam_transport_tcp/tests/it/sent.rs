//! A message that is larger than the other side takes is refused where it is sent, alone.

use crate::peer::{Peer, frame};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{
    Address, Any, ErrorKind, MAX_FRAME_LEN, NeutralMessage, Result, Routed, TransportMessage,
    Worker, route,
};
use ockam_node::{Context, DeadLetterReason};
use ockam_transport_tcp::{
    DEFAULT_MAX_FRAME_LEN, TcpConnectionOptions, TcpListener, TcpListenerOptions,
};

/// Answers a number with a body of so many bytes, and any other body with its length.
struct Answerer;

impl Worker for Answerer {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        match <[u8; 8]>::try_from(msg.payload()) {
            Ok(len) => {
                let body = vec![7_u8; u64::from_be_bytes(len) as usize];
                ctx.send(msg.return_route(), body).await
            }
            Err(_) => ctx.send(msg.return_route(), msg.payload().len() as u64).await,
        }
    }
}

/// Passes every message on to another address, such as a relay.
struct Forwarder(Address);

impl Worker for Forwarder {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        let onward_route = &mut message.transport_mut().onward_route;
        onward_route.pop_front();
        onward_route.push_front(self.0.clone());
        ctx.forward(message).await
    }
}

/// A node with an `"answerer"`.
async fn answering(options: TcpListenerOptions) -> (TcpNode, TcpListener) {
    let node = TcpNode::new().await;
    let listener = node.listen(options).await;
    node.ctx.start_worker("answerer", Answerer).await.unwrap();
    node.ctx.flow_controls().add_consumer("answerer", listener.flow_control_id());
    (node, listener)
}

fn body(len: usize) -> NeutralMessage {
    NeutralMessage::from(vec![7; len])
}

/// Asks for an answer of so many bytes.
fn wish(len: usize) -> NeutralMessage {
    NeutralMessage::from((len as u64).to_be_bytes().to_vec())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_larger_than_a_listener_takes_fails_alone_and_others_go_on() {
    let (_responder, listener) = answering(TcpListenerOptions::new()).await;
    let node = TcpNode::new().await;
    let connection = node.connect(&listener).await;
    let route = route![&connection, "answerer"];
    for round in 1..=3 {
        let ask = |len| node.ctx.send_and_receive::<u64>(route.clone(), body(len));
        let (before, large, behind) = tokio::join!(
            ask(3_000_000),
            ask(5_000_000),
            node.ctx.send_and_receive::<u64>(route.clone(), body(100_000)),
        );
        assert_eq!((before.unwrap(), behind.unwrap()), (3_000_000, 100_000));
        let error = large.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.to_string();
        for part in ["message of 50000", "limit of 4194304 bytes", "with_max_sent_frame_len"] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(node.ctx.dead_letters().count(DeadLetterReason::Unsendable), round);
    }
    assert_eq!(node.tcp.connections().len(), 1, "it lives");
    assert_eq!(listener.info().connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_nodes_send_by_default_both_take() {
    let (_responder, listener) = answering(TcpListenerOptions::new()).await;
    let node = TcpNode::new().await;
    let connection = node.connect(&listener).await;
    let route = route![&connection, "answerer"];
    // With 200 bytes for the routes, just within the limit of each direction.
    let len = DEFAULT_MAX_FRAME_LEN - 200;
    let ask = node.ctx.send_and_receive::<u64>(route.clone(), body(len));
    assert_eq!(soon(ask).await.unwrap(), len as u64);
    let len = MAX_FRAME_LEN - 200;
    let ask = node.ctx.send_and_receive::<Vec<u8>>(route.clone(), wish(len));
    assert_eq!(soon(ask).await.unwrap().len(), len);
    assert_eq!(listener.info().connections(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_grows_over_the_limit_on_its_way_ends_no_connection_of_others() {
    let (_far, far_listener) = answering(TcpListenerOptions::new()).await;
    let middle = TcpNode::new().await;
    let onward = middle.connect(&far_listener).await;
    let options = TcpListenerOptions::new().as_consumer(onward.flow_control_id());
    let listener = middle.listen(options).await;
    middle.ctx.start_worker("on", Forwarder(onward.address().clone())).await.unwrap();
    middle.ctx.flow_controls().add_consumer("on", listener.flow_control_id());
    let message =
        |len| frame(&TransportMessage::new(route!["on", "answerer"], route!["me"], vec![7; len]));
    // As large as a frame may be, before the way back through the middle stands in it.
    let most = DEFAULT_MAX_FRAME_LEN - (message(1_000_000).len() - 1_000_000 - 4);
    assert_eq!(message(most).len(), 4 + DEFAULT_MAX_FRAME_LEN);
    let mut peer = Peer::greeting(listener.socket_address());
    peer.say(&message(most));
    peer.say(&message(100));
    assert_eq!(peer.hear().payload, [100], "the answer to the message behind it");
    assert_eq!(middle.ctx.dead_letters().count(DeadLetterReason::Unsendable), 1);
    assert_eq!(far_listener.info().connections(), 1);
    assert_eq!(onward.info().messages_out, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_side_is_told_what_it_sends_and_what_it_takes() {
    let options = TcpListenerOptions::new().with_max_frame_len(2000).with_max_sent_frame_len(1000);
    let (responder, listener) = answering(options).await;
    let node = TcpNode::new().await;
    let sending = |sent| {
        let options = TcpConnectionOptions::new().with_max_sent_frame_len(sent);
        node.tcp.connect(listener.socket_address(), options)
    };
    let connection = sending(2000).await.unwrap();
    let route = route![&connection, "answerer"];
    let asked = soon(node.ctx.send_and_receive::<u64>(route.clone(), body(1800))).await;
    assert_eq!(asked.unwrap(), 1800);
    let error = soon(node.ctx.send_and_receive::<u64>(route.clone(), body(2000))).await;
    assert!(error.unwrap_err().to_string().contains("limit of 2000 bytes"));
    node.ctx.send(route.clone(), wish(1000)).await.unwrap();
    eventually("the answer is refused", || {
        responder.ctx.dead_letters().count(DeadLetterReason::Unsendable) == 1
    })
    .await;
    let answer = soon(node.ctx.send_and_receive::<Vec<u8>>(route, wish(800))).await;
    assert_eq!(answer.unwrap().len(), 800);
    connection.stop(&node.ctx).await.unwrap();
    // Who takes less than the other side sends ends the connection.
    let options = TcpConnectionOptions::new().with_max_frame_len(500);
    let connection = node.tcp.connect(listener.socket_address(), options).await.unwrap();
    let ask = node.ctx.send_and_receive::<u64>(route![&connection, "answerer"], wish(800));
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("larger than the limit of 500 bytes"), "{error}");
}
