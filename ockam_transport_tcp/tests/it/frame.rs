//! A frame that has begun goes on, or its connection ends.

use crate::peer::{Peer, frame};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{TransportMessage, route};
use ockam_transport_tcp::TcpListenerOptions;
use std::time::{Duration, Instant};

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
