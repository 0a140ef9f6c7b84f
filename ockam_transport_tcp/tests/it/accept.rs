//! What happens while a connection is accepted does not end the listener.

use crate::peer::Peer;
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{TransportMessage, route};
use ockam_node::NodeBuilder;
use ockam_transport_tcp::{
    TcpConnectionOptions, TcpListenerOptions, TcpReconnect, TcpTransportExtension,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_that_the_clock_cannot_add_mean_never() {
    let options = TcpListenerOptions::new()
        .with_handshake_timeout(Duration::MAX)
        .with_write_stall_timeout(Duration::MAX);
    let (server, listener, mut arrived) = TcpNode::collecting(options).await;
    let client = TcpNode::new().await;
    for _ in 0..3 {
        let options = TcpConnectionOptions::new()
            .with_handshake_timeout(Duration::MAX)
            .with_write_stall_timeout(Duration::MAX)
            .with_connect_timeout(Duration::MAX)
            .with_reconnect(TcpReconnect::new().with_waits(Duration::MAX, Duration::MAX));
        let connection = client.tcp.connect(listener.socket_address(), options).await.unwrap();
        soon(client.ctx.send(route![&connection, "echoer"], "hello".to_string())).await.unwrap();
        soon(arrived.recv()).await.unwrap();
    }
    assert_eq!(server.tcp.listeners().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_while_accepting_ends_that_connection_and_not_the_listener() {
    let (fails, panics) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let source = (Arc::clone(&fails), Arc::clone(&panics));
    let mut next = 0_u64;
    let random = move |bytes: &mut [u8]| {
        if source.0.load(Ordering::SeqCst) {
            source.1.fetch_add(1, Ordering::SeqCst);
            panic!("no random bytes today");
        }
        for chunk in bytes.chunks_mut(8) {
            next += 1;
            chunk.copy_from_slice(&next.to_le_bytes()[..chunk.len()]);
        }
    };
    let ctx = NodeBuilder::new().with_random(random).build().unwrap();
    let tcp = ctx.create_tcp_transport().await.unwrap();
    let node = TcpNode { ctx, tcp };
    let listener = node.listen(TcpListenerOptions::new()).await;
    let mut arrived = node.collect("echoer").await;
    node.ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
    fails.store(true, Ordering::SeqCst);
    let mut peers = Vec::new();
    eventually("the source is asked, and panics, twice", || {
        peers.push(Peer::connect(listener.socket_address()));
        panics.load(Ordering::SeqCst) >= 2
    })
    .await;
    fails.store(false, Ordering::SeqCst);
    drop(peers);
    let mut peer = Peer::greeting(listener.socket_address());
    peer.say_message(&TransportMessage::new("echoer", route!["app"], vec![7]));
    soon(arrived.recv()).await.unwrap();
    assert_eq!(node.tcp.listeners().len(), 1);
    drop(peer);
    eventually("no connection holds its place", || listener.info().connections() == 0).await;
}
