//! Whose connection ends when a listener has no place left.

use crate::peer::Peer;
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{ErrorKind, LocalMessage, NeutralMessage, TransportMessage, route};
use ockam_node::WorkerBuilder;
use ockam_transport_tcp::{TcpListener, TcpListenerOptions};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

type Arrived = UnboundedReceiver<LocalMessage>;

/// Sends a message, and waits until it was handled.
async fn speak(peer: &mut Peer, arrived: &mut Arrived) {
    peer.say_message(&TransportMessage::new("echoer", route!["app"], vec![7]));
    soon(arrived.recv()).await.unwrap();
}

/// Connects `count` peers, one after the other.
async fn connect(listener: &TcpListener, count: usize) -> Vec<Peer> {
    let mut peers = Vec::new();
    for _ in 0..count {
        let mut peer = Peer::greeting(listener.socket_address());
        assert_eq!(peer.hear_some(), [1], "it is accepted");
        peers.push(peer);
    }
    peers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_say_one_byte_keep_nobody_out_for_whom_the_first_of_them_ends() {
    let options = TcpListenerOptions::new().with_connection_limit(4);
    let (_node, listener, mut arrived) = TcpNode::collecting(options).await;
    let mut peers = connect(&listener, 4).await;
    speak(&mut peers[0], &mut arrived).await;
    let mut honest = connect(&listener, 1).await.remove(0);
    speak(&mut honest, &mut arrived).await;
    assert_eq!(peers[1].hear_end(), b"", "nothing came from it, and it is the first of those");
    assert_eq!((listener.info().connections(), listener.info().displaced()), (4, 1));
    for peer in [0, 2, 3] {
        speak(&mut peers[peer], &mut arrived).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_has_sent_something_is_not_pushed_out_by_those_that_only_connect() {
    let options = TcpListenerOptions::new().with_connection_limit(4);
    let (node, listener, mut arrived) = TcpNode::collecting(options).await;
    let mut peers = connect(&listener, 4).await;
    for peer in &mut peers {
        speak(peer, &mut arrived).await;
    }
    for _ in 0..100 {
        let mut stranger = connect(&listener, 1).await.remove(0);
        // What is refused proves nothing.
        stranger.say_message(&TransportMessage::new("nobody", route!["app"], vec![7]));
        drop(stranger);
        assert!(listener.info().connections() <= 5);
    }
    for peer in peers.iter_mut().rev() {
        speak(peer, &mut arrived).await;
    }
    // One that sends something is worth as much as the others: the quietest ends, and says why.
    let mut newcomer = connect(&listener, 1).await.remove(0);
    speak(&mut newcomer, &mut arrived).await;
    assert_eq!(peers[3].hear_end(), b"");
    eventually("it has ended", || node.tcp.connections().len() == 4).await;
    for peer in &mut peers[..3] {
        speak(peer, &mut arrived).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_over_a_connection_that_ends_for_another_is_told_why() {
    let options = TcpListenerOptions::new().with_connection_limit(1);
    let (node, listener, mut arrived) = TcpNode::collecting(options).await;
    let mut quiet = connect(&listener, 1).await.remove(0);
    speak(&mut quiet, &mut arrived).await;
    eventually("it is known", || !node.tcp.connections().is_empty()).await;
    let connection = node.tcp.connections().remove(0).sender_address;
    let handle = node.ctx.handle();
    let asking = tokio::spawn(async move {
        handle.send_and_receive::<String>(route![connection, "x"], "Hello".to_string()).await
    });
    quiet.hear();
    let mut newcomer = connect(&listener, 1).await.remove(0);
    speak(&mut newcomer, &mut arrived).await;
    let error = soon(asking).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("all places of the listener were taken"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_waits_for_a_full_mailbox_gives_its_place_up_too() {
    let options = TcpListenerOptions::new()
        .with_connection_limit(1)
        .with_consumer_stall_timeout(Duration::MAX);
    let (node, listener, mut arrived) = TcpNode::collecting(options).await;
    WorkerBuilder::new(Stuck)
        .with_address("stuck")
        .with_mailbox_capacity(1)
        .start(&node.ctx)
        .await
        .unwrap();
    node.ctx.flow_controls().add_consumer("stuck", listener.flow_control_id());
    let mut rude = connect(&listener, 1).await.remove(0);
    for _ in 0..8 {
        rude.say_message(&TransportMessage::new("stuck", route!["app"], vec![7; 100_000]));
    }
    eventually("it waits", || node.tcp.connections().iter().any(|peer| peer.messages_in >= 4))
        .await;
    let mut newcomer = connect(&listener, 1).await.remove(0);
    speak(&mut newcomer, &mut arrived).await;
    eventually("it has ended", || node.tcp.connections().len() == 1).await;
    speak(&mut newcomer, &mut arrived).await;
    drop(rude);
}

/// Never ends with its first message.
struct Stuck;

impl ockam_core::Worker for Stuck {
    type Context = ockam_node::Context;
    type Message = NeutralMessage;

    async fn handle_message(
        &mut self,
        _: &mut ockam_node::Context,
        _: ockam_core::Routed<NeutralMessage>,
    ) -> ockam_core::Result<()> {
        core::future::pending().await
    }
}
