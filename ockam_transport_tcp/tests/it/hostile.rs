//! Peers that do what they should not.

use crate::peer::{Peer, frame};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{
    Address, ErrorKind, MAX_FRAME_LEN, MAX_ROUTE_LEN, NeutralMessage, Route, TransportMessage,
    route,
};
use ockam_node::DeadLetterReason;
use ockam_transport_tcp::{TcpConnectionOptions, TcpListenerOptions};
use std::collections::VecDeque;
use std::net::TcpListener as StdListener;
use std::time::Duration;

/// What ends a connection, and nothing more: behind the preface, `bytes` close it at once, and
/// what is said behind them is not delivered.
async fn closes(bytes: &[u8]) {
    let (node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let good = frame(&TransportMessage::new("echoer", route!["app"], vec![7]));
    let mut peer = Peer::greeting(listener.socket_address());
    peer.say(&[&good, bytes].concat());
    peer.try_say(&good);
    assert_eq!(peer.hear_end(), [1], "nothing is answered");
    eventually("it has ended", || node.tcp.connections().is_empty()).await;
    node.ctx.stop_worker("echoer").await.unwrap();
    assert!(arrived.try_recv().is_ok(), "what came before is delivered");
    assert!(arrived.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_frame_closes_the_connection_and_takes_nothing_back() {
    let nonsense: [&[u8]; 5] = [
        // Over the limit by one, and by all.
        &[1, 0, 0, 1],
        &[0xff; 4],
        // No message at all.
        &[0; 4],
        // CBOR that is no message, and what is no CBOR.
        b"\0\0\0\x05\xa1\x61a\x01\x01",
        b"\0\0\0\x03\xff\xfe\xfd",
    ];
    for bytes in nonsense {
        closes(bytes).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_as_large_as_the_protocol_allows_is_delivered_by_who_is_set_to() {
    let options = TcpListenerOptions::new().with_max_frame_len(MAX_FRAME_LEN);
    let (_node, listener, mut arrived) = TcpNode::collecting(options).await;
    let empty = frame(&TransportMessage::new("echoer", route!["app"], vec![])).len() - 4;
    // The length of the payload takes four bytes more than that of an empty one.
    let body = vec![7; MAX_FRAME_LEN - empty - 4];
    let bytes = frame(&TransportMessage::new("echoer", route!["app"], body));
    assert_eq!(bytes.len(), 4 + MAX_FRAME_LEN);
    let mut peer = Peer::greeting(listener.socket_address());
    peer.say(&bytes);
    assert_eq!(soon(arrived.recv()).await.unwrap().payload().len(), MAX_FRAME_LEN - empty - 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_of_one_byte_are_put_together() {
    let (_node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let mut peer = Peer::connect(listener.socket_address());
    let bytes = frame(&TransportMessage::new("echoer", route!["app"], vec![7; 300]));
    for byte in [&[1][..], &bytes, &bytes].concat() {
        peer.say(&[byte]);
    }
    for _ in 0..2 {
        assert_eq!(*soon(arrived.recv()).await.unwrap().payload(), [7; 300]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_over_the_limits_are_dropped_and_the_connection_kept() {
    let (node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
    let mut peer = Peer::greeting(listener.socket_address());
    let hops = |count| (0..count).map(|_| Address::from("echoer")).collect::<Route>();
    let long = Address::from("a".repeat(300));
    for message in [
        TransportMessage::new(hops(MAX_ROUTE_LEN + 1), route!["app"], vec![1]),
        TransportMessage::new(hops(100_000), route!["app"], vec![1]),
        TransportMessage::new("echoer", hops(MAX_ROUTE_LEN + 1), vec![1]),
        // With the sender in front it would be one too many.
        TransportMessage::new("echoer", hops(MAX_ROUTE_LEN), vec![1]),
        TransportMessage::new("echoer", route![long], vec![1]),
        TransportMessage::new(hops(MAX_ROUTE_LEN), hops(MAX_ROUTE_LEN - 1), vec![2]),
    ] {
        peer.say_message(&message);
    }
    let message = soon(arrived.recv()).await.unwrap();
    assert_eq!(*message.payload(), [2]);
    assert_eq!(message.return_route().len(), MAX_ROUTE_LEN);
    assert_eq!(node.tcp.connections()[0].dropped, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_that_leads_back_and_forth_ends() {
    // Both connections let each other's messages out, which nobody should do.
    let (left, right) = (TcpNode::new().await, TcpNode::new().await);
    let inward = TcpListenerOptions::new();
    let id = inward.spawner_flow_control_id();
    let listener = right.listen(inward.as_consumer(&id)).await;
    let options = TcpConnectionOptions::new();
    let id = options.flow_control_id();
    let there =
        left.tcp.connect(listener.socket_address(), options.as_consumer(&id)).await.unwrap();
    eventually("it was accepted", || right.tcp.connections().len() == 1).await;
    let back = right.tcp.connections().remove(0).sender_address;
    let mut arrived = left.collect("end").await;
    left.ctx.flow_controls().add_consumer("end", &id);
    let back_and_forth = |times| {
        let pairs = (0..times).flat_map(|_| [there.address().clone(), back.clone()]);
        route![pairs.collect::<Route>(), "end"]
    };
    let longest = (MAX_ROUTE_LEN - 1) / 2;
    left.ctx.send(back_and_forth(longest), 7u8).await.unwrap();
    let message = soon(arrived.recv()).await.unwrap();
    assert_eq!(message.return_route().len(), 2 * longest + 1);
    let error = left.ctx.send(back_and_forth(longest + 1), 7u8).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_silent_connections_hold_no_more_than_the_limit() {
    const LIMIT: usize = 50;
    let options = TcpListenerOptions::new().with_connection_limit(LIMIT);
    let (node, listener, mut arrived) = TcpNode::collecting(options).await;
    let held: Vec<_> = (0..LIMIT).map(|_| Peer::connect(listener.socket_address())).collect();
    eventually("the places are taken", || listener.info().connections() == LIMIT).await;
    let mut held = VecDeque::from(held);
    for _ in LIMIT..2_000 {
        held.push_back(Peer::connect(listener.socket_address()));
        let mut quietest = held.pop_front().unwrap();
        assert_eq!(quietest.hear_end(), [1], "it ends for the new one");
        assert_eq!(listener.info().connections(), LIMIT);
    }
    eventually("those have ended", || node.tcp.connections().len() <= LIMIT).await;
    assert_eq!(listener.info().displaced(), 2_000 - LIMIT as u64);
    // When some have gone, whoever speaks is served again.
    drop(held);
    eventually("the places are free", || listener.info().connections() == 0).await;
    let mut peer = Peer::greeting(listener.socket_address());
    peer.say_message(&TransportMessage::new("echoer", route!["app"], vec![7]));
    soon(arrived.recv()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_are_closed_after_their_time() {
    let options = TcpListenerOptions::new().with_handshake_timeout(Duration::from_millis(200));
    let node = TcpNode::new().await;
    let listener = node.listen(options).await;
    let mut silent: Vec<_> = (0..100).map(|_| Peer::connect(listener.socket_address())).collect();
    for peer in &mut silent {
        assert_eq!(peer.hear_end(), [1], "it hears the first byte and nothing else");
    }
    eventually("none is left", || listener.info().connections() == 0).await;
    assert!(node.tcp.connections().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_reads_nothing_is_given_up_and_costs_bounded_memory() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let options = TcpConnectionOptions::new()
        .with_write_stall_timeout(Duration::from_millis(200))
        .with_mailbox_capacity(8);
    let connection = node.tcp.connect(socket.local_addr().unwrap(), options).await.unwrap();
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    let mut accepted = 0;
    let error = loop {
        let body = NeutralMessage::from(vec![7; 1_000_000]);
        match soon(node.ctx.send(route![&connection, "echoer"], body)).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
        assert!(accepted < 10_000);
    };
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("the other side read nothing for 200ms"), "{error}");
    assert!(node.tcp.connections().is_empty());
    // What the systems buffer was written; the rest is accounted for.
    let stopped = node.ctx.dead_letters().count(DeadLetterReason::Stopped);
    assert!((1..=accepted + 1).contains(&stopped), "{stopped} of {accepted}");
    drop(peer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_worker_slows_the_peer_down_and_loses_nothing() {
    let (node, listener) = TcpNode::echoing().await;
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let (sender, mut done) = tokio::sync::mpsc::unbounded_channel();
    let slow = Slow { gate: gate.clone(), done: sender };
    ockam_node::WorkerBuilder::new(slow)
        .with_address("slow")
        .with_mailbox_capacity(4)
        .start(&node.ctx)
        .await
        .unwrap();
    node.ctx.flow_controls().add_consumer("slow", listener.flow_control_id());
    let initiator = TcpNode::new().await;
    let options = TcpConnectionOptions::new().with_mailbox_capacity(4);
    let connection = initiator.tcp.connect(listener.socket_address(), options).await.unwrap();
    let handle = initiator.ctx.handle();
    let messages = 200u32;
    let sending = tokio::spawn(async move {
        for number in 0..messages {
            let body = [&number.to_be_bytes()[..], &vec![0; 200_000]].concat();
            handle.send(route![&connection, "slow"], NeutralMessage::from(body)).await.unwrap();
        }
    });
    // 40 MB are more than all buffers on the way take.
    eventually("some have arrived", || {
        node.tcp.connections().iter().any(|connection| connection.messages_in > 4)
    })
    .await;
    assert!(!sending.is_finished());
    gate.add_permits(messages as usize);
    for number in 0..messages {
        assert_eq!(soon(done.recv()).await, Some(number));
    }
    soon(sending).await.unwrap();
}

/// Waits for a permit before each message.
struct Slow {
    gate: std::sync::Arc<tokio::sync::Semaphore>,
    done: tokio::sync::mpsc::UnboundedSender<u32>,
}

impl ockam_core::Worker for Slow {
    type Context = ockam_node::Context;
    type Message = NeutralMessage;

    async fn handle_message(
        &mut self,
        _: &mut ockam_node::Context,
        msg: ockam_core::Routed<NeutralMessage>,
    ) -> ockam_core::Result<()> {
        self.gate.acquire().await.unwrap().forget();
        let number = msg.as_slice().first_chunk().copied().unwrap();
        let _ = self.done.send(u32::from_be_bytes(number));
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payload_that_does_not_decode_is_dropped_and_nothing_is_sent_back() {
    let (_node, listener) = TcpNode::echoing().await;
    let mut peer = Peer::greeting(listener.socket_address());
    let bad: [&[u8]; 3] = [b"", b"\x05a", b"\x01\xff"];
    for payload in bad.into_iter().chain([&b"\x01a"[..]]) {
        peer.say_message(&TransportMessage::new("echoer", route!["app"], payload));
    }
    let answer = peer.hear();
    assert_eq!((answer.onward_route, answer.payload.to_vec()), (route!["app"], b"\x01a".to_vec()));
}
