//! Connections that are made again.

use crate::peer::Peer;
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{ErrorKind, route};
use ockam_node::DeadLetterReason;
use ockam_transport_tcp::{TcpConnection, TcpConnectionOptions, TcpReconnect};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::time::Duration;

async fn connect(node: &TcpNode, peer: SocketAddr, reconnect: TcpReconnect) -> TcpConnection {
    let options = TcpConnectionOptions::new().with_reconnect(reconnect);
    node.tcp.connect(peer, options).await.unwrap()
}

fn quick() -> TcpReconnect {
    TcpReconnect::new().with_waits(Duration::from_millis(1), Duration::from_millis(10))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_comes_back_under_its_address_and_what_was_sent_meanwhile_goes_out() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let node = TcpNode::new().await;
    let connection = connect(&node, address, quick()).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    let ask = {
        let (ctx, route) = (node.ctx.handle(), route![&connection, "echoer"]);
        tokio::spawn(async move { ctx.send_and_receive::<u8>(route, 1u8).await })
    };
    assert_eq!(peer.hear().payload, [1]);
    drop(socket);
    peer.close();
    let error = soon(ask).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let text = format!("no answer: the TCP connection to {address} is down: the other side closed");
    assert!(error.to_string().starts_with(&text), "{error}");

    eventually("it is down", || !connection.info().is_up).await;
    for number in 2..5u8 {
        node.ctx.send(route![&connection, "echoer"], number).await.unwrap();
    }
    let socket = StdListener::bind(address).unwrap();
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    for number in 2..5u8 {
        assert_eq!(peer.hear().payload, [number]);
    }
    let answer = {
        let (ctx, route) = (node.ctx.handle(), route![&connection, "echoer"]);
        tokio::spawn(async move { ctx.send_and_receive::<u8>(route, 5u8).await })
    };
    let question = peer.hear();
    peer.say_message(&ockam_core::TransportMessage::new(question.return_route, "far", vec![6]));
    assert_eq!(soon(answer).await.unwrap().unwrap(), 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_attempts_are_used_up_what_waits_is_given_up() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = connect(&node, socket.local_addr().unwrap(), quick().with_attempts(3)).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    drop(socket);
    peer.close();
    let sender = connection.address();
    eventually("it has ended", || !node.ctx.is_worker_registered_at(sender.clone())).await;
    assert!(node.tcp.connections().is_empty());
    let error = node.ctx.send(route![&connection, "echoer"], 7u8).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("has ended: the other side closed it"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_while_a_connection_is_down() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let mut node = TcpNode::new().await;
    let slow = TcpReconnect::new().with_waits(Duration::from_secs(100), Duration::from_secs(100));
    let connection = connect(&node, socket.local_addr().unwrap(), slow).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    drop(socket);
    peer.close();
    eventually("it is down", || !connection.info().is_up).await;
    node.ctx.send(route![&connection, "echoer"], 7u8).await.unwrap();
    soon(node.ctx.stop()).await.unwrap();
    assert_eq!(node.ctx.dead_letters().count(DeadLetterReason::Stopped), 1);
}
