//! A frame that has begun goes on, or its connection ends; so it does for one that is too large.

use crate::lines::Lines;
use crate::peer::{Peer, frame};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{MAX_FRAME_LEN, NeutralMessage, TransportMessage, route};
use ockam_transport_tcp::{
    DEFAULT_MAX_FRAME_LEN, FRAME_GRACE, TcpConnectionInfo, TcpListenerOptions,
};
use std::time::{Duration, Instant};
use tracing::Level;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_that_do_not_go_on_end_their_connections_and_no_others() {
    const TIMEOUT: Duration = Duration::from_millis(200);
    let options = TcpListenerOptions::new().with_frame_timeout(TIMEOUT);
    let (_node, listener, mut arrived) = TcpNode::collecting(options).await;
    let message = TransportMessage::new("echoer", route!["app"], vec![7; 4_000_000]);
    let (large, small) = (frame(&message), TransportMessage::new("echoer", route!["app"], vec![7]));
    let mut honest = Peer::greeting(listener.socket_address());
    honest.say_message(&small);
    soon(arrived.recv()).await.unwrap();
    let begun = Instant::now();
    let mut slow: Vec<_> = (0..40)
        .map(|number| {
            let mut peer = Peer::greeting(listener.socket_address());
            // From a part of the length to almost everything.
            peer.say(&large[..[2, 100, 10_000, large.len() - 1][number % 4]]);
            peer
        })
        .collect();
    for peer in &mut slow {
        assert_eq!(peer.hear_end(), [1]);
    }
    assert!(begun.elapsed() >= TIMEOUT);
    eventually("they hold no place", || listener.info().connections() == 1).await;
    honest.say_message(&small);
    soon(arrived.recv()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_frames_that_are_slow_give_way_to_others_when_the_budget_is_taken() {
    let options = TcpListenerOptions::new().with_frame_budget(0).with_max_frame_len(MAX_FRAME_LEN);
    let (_node, listener, mut arrived) = TcpNode::collecting(options).await;
    let bytes =
        frame(&TransportMessage::new("echoer", route!["app"], vec![7; MAX_FRAME_LEN - 1000]));
    let part = bytes[..1_000_000].to_vec();
    let mut slow = Peer::greeting(listener.socket_address());
    slow.say(&part);
    // It may hold so much, as the first.
    let honest = Peer::greeting(listener.socket_address());
    let mut small = Peer::greeting(listener.socket_address());
    eventually("all have a place", || listener.info().connections() == 3).await;
    let begun = Instant::now();
    let saying = std::thread::spawn(move || {
        let mut honest = honest;
        assert!(honest.try_say_blocking(&bytes));
        honest
    });
    // Small messages are not concerned.
    small.say_message(&TransportMessage::new("echoer", route!["app"], vec![1]));
    assert_eq!(soon(arrived.recv()).await.unwrap().payload().len(), 1);
    let large = soon(arrived.recv()).await.unwrap();
    assert_eq!(large.payload().len(), MAX_FRAME_LEN - 1000);
    assert!(begun.elapsed() >= FRAME_GRACE / 2, "it waited: {:?}", begun.elapsed());
    assert_eq!(slow.hear_end(), [1]);
    eventually("the others are left", || listener.info().connections() == 2).await;
    drop(saying.join().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_large_frames_wait_for_each_other_and_all_arrive() {
    let options = TcpListenerOptions::new().with_frame_budget(0);
    let (_node, listener, mut arrived) = TcpNode::collecting(options).await;
    let bytes = frame(&TransportMessage::new("echoer", route!["app"], vec![7; 1_000_000]));
    let saying: Vec<_> = (0..8)
        .map(|_| {
            let (mut peer, bytes) = (Peer::greeting(listener.socket_address()), bytes.clone());
            std::thread::spawn(move || {
                assert!((0..20).all(|_| peer.try_say_blocking(&bytes)));
                peer
            })
        })
        .collect();
    for _ in 0..8 * 20 {
        assert_eq!(soon(arrived.recv()).await.unwrap().payload().len(), 1_000_000);
    }
    assert_eq!(listener.info().connections(), 8, "none was given up");
    saying.into_iter().for_each(|peer| drop(peer.join().unwrap()));
}

/// Of a payload of so many bytes.
fn large(len: usize) -> Vec<u8> {
    let empty = frame(&TransportMessage::new("echoer", route!["app"], vec![])).len() - 4;
    // The length of such a payload takes four bytes more than that of an empty one.
    frame(&TransportMessage::new("echoer", route!["app"], vec![7; len - empty - 4]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_larger_than_that_of_the_listener_ends_its_connection_before_it_is_there() {
    for (limit, options) in [
        (DEFAULT_MAX_FRAME_LEN, TcpListenerOptions::new()),
        (1_000_000, TcpListenerOptions::new().with_max_frame_len(1_000_000)),
    ] {
        let (node, listener, mut arrived) = TcpNode::collecting(options).await;
        let mut honest = Peer::greeting(listener.socket_address());
        honest.say(&large(limit));
        assert!(soon(arrived.recv()).await.unwrap().payload().len() > limit - 100);
        let mut greedy = Peer::greeting(listener.socket_address());
        eventually("it is there", || node.tcp.connections().len() == 2).await;
        let silent = |info: &TcpConnectionInfo| info.messages_in == 0;
        let back = node.tcp.connections().into_iter().find(silent).unwrap().sender_address;
        greedy.say(&large(limit + 1)[..4]);
        assert_eq!(greedy.hear_end(), [1]);
        // Who would send over it hears why.
        eventually("it has ended", || !node.ctx.is_worker_registered_at(back.clone())).await;
        let error = node.ctx.send(route![back, "far"], ()).await.unwrap_err().to_string();
        let why = format!(
            "a frame of {} bytes, which is larger than the limit of {limit} bytes",
            limit + 1
        );
        assert!(error.contains(&why), "{error}");
        honest.say(&large(limit));
        soon(arrived.recv()).await.unwrap();
    }
}

#[tokio::test]
async fn the_log_is_told_once_of_frames_that_are_larger_than_those_of_the_listener() {
    let log = Lines::of_this_thread(Level::WARN);
    let options = TcpListenerOptions::new().with_max_frame_len(1000);
    let (_node, listener, _arrived) = TcpNode::collecting(options).await;
    let initiator = TcpNode::new().await;
    for _ in 0..5 {
        let connection = initiator.connect(&listener).await;
        let body = NeutralMessage::from(vec![0; 1001]);
        initiator.ctx.send(route![&connection, "echoer"], body).await.unwrap();
        eventually("it has ended", || initiator.tcp.connections().is_empty()).await;
    }
    eventually("the other half has ended", || listener.info().connections() == 0).await;
    let lines = log.take();
    for part in ["larger than the limit of 1000 bytes", "with_max_frame_len"] {
        let told = |line: &&String| line.starts_with("WARN") && line.contains(part);
        assert_eq!(lines.iter().filter(told).count(), 1, "{lines:#?}");
    }
}
