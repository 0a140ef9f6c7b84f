//! Where connections are, as a program sees it.

use crate::peer::Peer;
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{Address, AllowAll, TransportMessage};
use ockam_node::{DEFAULT_MAILBOX_CAPACITY, LinkInfo, LinkKind, LinkState};
use ockam_transport_tcp::{TcpConnectionOptions, TcpListenerOptions, TcpReconnect};
use std::net::TcpListener as StdListener;
use std::time::Duration;

fn quick() -> TcpReconnect {
    TcpReconnect::new().with_waits(Duration::from_millis(1), Duration::from_millis(10))
}

/// The only link of a node.
fn link(node: &TcpNode) -> LinkInfo {
    let mut links = node.ctx.links();
    assert_eq!(links.len(), 1, "{links:?}");
    links.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_reconnects_is_connecting_until_it_is_up_again() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let node = TcpNode::new().await;
    let options = TcpConnectionOptions::new().with_reconnect(quick());
    let connection = node.tcp.connect(address, options).await.unwrap();
    let mut watch = connection.watch();
    assert_eq!(connection.state(), LinkState::Up);
    let info = link(&node);
    assert_eq!((info.kind, info.name), (LinkKind::Connection, address.to_string()));
    assert_eq!((&info.address, info.state), (connection.address(), LinkState::Up));

    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    drop(socket);
    peer.close();
    let (mut tried, mut since) = (0, None);
    while tried < 3 {
        let state = soon(watch.changed()).await;
        let LinkState::Connecting { attempt, ref why, .. } = state else {
            panic!("{state}");
        };
        assert!(attempt > tried, "{state}");
        // The first is made because the socket failed, and each other because one was refused.
        if attempt > 1 {
            assert!(why.contains("nobody listens"), "{state}");
        } else {
            assert!(why.contains("the other side closed it"), "{state}");
        }
        let now = watch.status().since;
        assert_eq!(*since.get_or_insert(now), now, "attempts do not change since when");
        tried = attempt;
    }
    assert!(!connection.state().is_up() && !link(&node).state.is_up());
    let socket = StdListener::bind(address).unwrap();
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    while !soon(watch.changed()).await.is_up() {}
    assert!(connection.state().is_up() && !watch.is_over());
    assert_eq!(link(&node).state, LinkState::Up);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_attempts_are_used_up_is_down_and_leaves_the_list() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let options = TcpConnectionOptions::new().with_reconnect(quick().with_attempts(3));
    let connection = node.tcp.connect(socket.local_addr().unwrap(), options).await.unwrap();
    let mut watch = connection.watch();
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    drop(socket);
    peer.close();
    while !watch.is_over() {
        soon(watch.changed()).await;
    }
    let state = connection.state().to_string();
    assert!(state.starts_with("down: 3 attempts have failed: "), "{state}");
    assert!(state.contains("nobody listens") && watch.state() == connection.state(), "{state}");
    assert!(node.ctx.links().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_ends_of_a_connection_see_it_up_and_down() {
    let there = TcpNode::new().await;
    let listener = there.listen(TcpListenerOptions::new()).await;
    let here = TcpNode::new().await;
    let connection = here.connect(&listener).await;
    eventually("it is accepted", || !there.tcp.connections().is_empty()).await;
    let accepted = link(&there);
    let sender: Address = there.tcp.connections()[0].sender_address.clone();
    assert_eq!((accepted.kind, accepted.address), (LinkKind::Connection, sender.clone()));
    assert_eq!(
        (accepted.name, accepted.state),
        (there.tcp.connections()[0].peer.clone(), LinkState::Up)
    );

    let mut watch = connection.watch();
    there.tcp.disconnect(sender).await.unwrap();
    assert!(there.ctx.links().is_empty());
    let state = soon(watch.changed()).await;
    assert_eq!(state, connection.state());
    assert!(state.to_string().starts_with("down: the other side closed"), "{state}");
    eventually("it leaves the list", || here.ctx.links().is_empty()).await;
    assert!(watch.is_over());
}

/// It stays until all that has arrived is delivered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_socket_has_failed_is_down_while_what_has_arrived_waits_for_a_worker() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = node.connect_to(socket.local_addr().unwrap()).await;
    let mut watch = connection.watch();
    let full = node.ctx.new_detached("full", AllowAll, AllowAll).await.unwrap();
    node.ctx.flow_controls().add_consumer("full", connection.flow_control_id());
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    for _ in 0..DEFAULT_MAILBOX_CAPACITY + 10 {
        peer.say_message(&TransportMessage::new("full", "me", vec![1]));
    }
    peer.close();
    let state = soon(watch.changed()).await.to_string();
    assert_eq!(state, "down: the other side closed it");
    assert_eq!(node.ctx.links().len(), 1);
    drop(full);
    eventually("it leaves the list", || node.ctx.links().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_program_closes_is_down_for_that() {
    let there = TcpNode::new().await;
    let listener = there.listen(TcpListenerOptions::new()).await;
    let here = TcpNode::new().await;
    let connection = here.connect(&listener).await;
    let mut watch = connection.watch();
    soon(connection.stop(&here.ctx)).await.unwrap();
    assert_eq!(soon(watch.changed()).await.to_string(), "down: it was closed on this side");
    assert!(watch.is_over() && here.ctx.links().is_empty());
    eventually("the other end goes", || there.ctx.links().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_closed_or_whose_node_stops_while_it_connects_is_down() {
    for stop in [false, true] {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let mut node = TcpNode::new().await;
        let slow = TcpReconnect::new().with_waits(Duration::MAX, Duration::MAX);
        let options = TcpConnectionOptions::new().with_reconnect(slow);
        let connection = node.tcp.connect(socket.local_addr().unwrap(), options).await.unwrap();
        let mut watch = connection.watch();
        let mut peer = Peer::accept(&socket);
        peer.say(&[1]);
        drop(socket);
        peer.close();
        assert!(matches!(soon(watch.changed()).await, LinkState::Connecting { .. }));
        if stop {
            soon(node.ctx.stop()).await.unwrap();
        } else {
            soon(connection.stop(&node.ctx)).await.unwrap();
        }
        assert_eq!(watch.state().to_string(), "down: it was closed on this side");
        assert!(watch.is_over() && node.ctx.links().is_empty());
    }
}
