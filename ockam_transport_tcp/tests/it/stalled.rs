//! A peer that asks and does not read, beside peers that do.

use crate::peer::{Peer, frame};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{TransportMessage, route};
use ockam_transport_tcp::TcpListenerOptions;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_asks_and_reads_nothing_does_not_hold_up_the_worker_of_all() {
    let (node, listener) = TcpNode::echoing().await;
    let narrow = node.listen(TcpListenerOptions::new().with_mailbox_capacity(4)).await;
    node.ctx.flow_controls().add_consumer("echoer", narrow.flow_control_id());
    let honest = TcpNode::new().await;
    let connection = honest.connect(&listener).await;
    let ask = async || {
        let route = route![&connection, "echoer"];
        honest.ctx.send_and_receive::<String>(route, "Hello".to_string()).await
    };
    soon(ask()).await.unwrap();

    let mut rude = Peer::greeting(narrow.socket_address());
    let text = ockam_core::encode(&"a".repeat(100_000)).unwrap();
    let question = frame(&TransportMessage::new("echoer", route!["app"], text));
    let asking = std::thread::spawn(move || {
        // Until it is closed: nothing else would end it, since what is asked is taken.
        while rude.try_say_blocking(&question) {}
    });
    eventually("its answers have filled the buffers", || {
        node.tcp.connections().iter().any(|peer| peer.messages_in > 20)
    })
    .await;
    let begun = Instant::now();
    for _ in 0..5 {
        soon(ask()).await.unwrap();
    }
    // Far below the time for which a write may stand still.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    eventually("it is given up", || narrow.info().connections() == 0).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    asking.join().unwrap();
    soon(ask()).await.unwrap();
}
