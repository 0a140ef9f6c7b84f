//! Connections that are made again.

use crate::peer::Peer;
use crate::support::{PATIENCE, TcpNode, eventually, for_large, soon};
use ockam_core::{ErrorKind, route};
use ockam_node::{DeadLetterReason, Handle};
use ockam_transport_tcp::{TcpConnection, TcpReconnect};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::task::block_in_place;

async fn connect(node: &TcpNode, peer: SocketAddr, reconnect: TcpReconnect) -> TcpConnection {
    let options = for_large().with_reconnect(reconnect);
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

/// What a peer says before it ends a connection that it has just accepted.
const SHORT_LIVES: [&[u8]; 2] = [&[], &[1]];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_accepts_and_ends_uses_up_the_attempts() {
    for said in SHORT_LIVES {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let node = TcpNode::new().await;
        let address = socket.local_addr().unwrap();
        let (accepted, count) = counting(socket, said);
        let connection = connect(&node, address, quick().with_attempts(3)).await;
        let receiver = connection.receiver_address();
        eventually("it has ended", || !node.ctx.is_worker_registered_at(receiver.clone())).await;
        assert!(node.tcp.connections().is_empty());
        let error = node.ctx.send(route![&connection, "echoer"], 7u8).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        // The last connect of the test tells the thread to count no more.
        drop(std::net::TcpStream::connect(address).unwrap());
        block_in_place(|| accepted.join().unwrap());
        assert_eq!(count.load(Ordering::SeqCst), 1 + 3 + 1, "after {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_accepts_and_ends_is_dialled_with_growing_waits() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let address = socket.local_addr().unwrap();
    let (accepted, _) = counting(socket, &[1]);
    let waits = TcpReconnect::new()
        .with_waits(Duration::from_millis(40), Duration::from_millis(80))
        .with_attempts(5);
    let begun = Instant::now();
    connect(&node, address, waits).await;
    eventually("it has ended", || node.tcp.connections().is_empty()).await;
    // Four waits of 40, 80, 80 and 80 ms, of which chance takes at most half.
    assert!(begun.elapsed() >= Duration::from_millis(140), "{:?}", begun.elapsed());
    drop(std::net::TcpStream::connect(address).unwrap());
    block_in_place(|| accepted.join().unwrap());
}

/// Accepts connections, says something and ends each, until one comes whose peer says nothing.
fn counting(socket: StdListener, said: &'static [u8]) -> (JoinHandle<()>, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let accepted = std::thread::spawn(move || {
        loop {
            let (mut stream, _) = socket.accept().unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            let heard = stream.read(&mut [0; 1]);
            // The other side may have gone already.
            let _ = stream.write_all(said);
            if matches!(heard, Ok(0)) {
                return;
            }
        }
    });
    (accepted, count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_not_given_to_a_peer_that_ends_without_a_word() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let node = TcpNode::new().await;
    let connection = connect(&node, address, quick()).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    drop(socket);
    peer.close();
    eventually("it is down", || !connection.info().is_up).await;
    node.ctx.send(route![&connection, "echoer"], 7u8).await.unwrap();
    let socket = StdListener::bind(address).unwrap();
    for _ in 0..5 {
        // It takes nothing: the first byte of the node is all that it may have heard.
        let mut mute = Peer::accept(&socket);
        assert!(mute.hear_end_of_mine().len() <= 1);
    }
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    assert_eq!(peer.hear().payload, [7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_being_made_again_is_closed_and_what_waits_is_accounted_for() {
    for waiting in [0, 3] {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let node = TcpNode::new().await;
        let connection = connect(&node, address, quick()).await;
        let mut peer = Peer::accept(&socket);
        peer.say(&[1]);
        drop(socket);
        peer.close();
        eventually("it is down", || !connection.info().is_up).await;
        for _ in 0..waiting {
            node.ctx.send(route![&connection, "echoer"], 7u8).await.unwrap();
        }
        soon(node.tcp.disconnect(&connection)).await.unwrap();
        assert!(node.tcp.connections().is_empty());
        assert_eq!(node.ctx.dead_letters().count(DeadLetterReason::Stopped), waiting);
        let receiver = connection.receiver_address();
        eventually("no one dials", || !node.ctx.is_worker_registered_at(receiver.clone())).await;
        let error = node.ctx.send(route![&connection, "echoer"], 7u8).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        connection.stop(&node.ctx).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_while_it_is_closed_is_not_made_again() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = connect(&node, socket.local_addr().unwrap(), quick()).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    // More than the system's buffers take, so that closing has to wait for the peer.
    for _ in 0..2 {
        let body = ockam_core::NeutralMessage::from(vec![0; 8_000_000]);
        node.ctx.send(route![&connection, "echoer"], body).await.unwrap();
    }
    let closing = {
        let (tcp, connection) = (node.tcp.clone(), connection.clone());
        tokio::spawn(async move { tcp.disconnect(&connection).await })
    };
    let closes = || {
        let sent = node.ctx.try_send(route![&connection, "echoer"], 7u8);
        sent.is_err_and(|error| error.kind() != ErrorKind::Full)
    };
    eventually("it closes", closes).await;
    drop(socket);
    peer.reset();
    let error = soon(closing).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(node.ctx.dead_letters().count(DeadLetterReason::Stopped) > 0);
    let (sender, receiver) = (connection.address(), connection.receiver_address());
    for worker in [sender, receiver] {
        eventually("it is gone", || !node.ctx.is_worker_registered_at(worker.clone())).await;
    }
}

/// Sends messages of 100,000 bytes.
async fn stream(handle: &Handle, connection: &TcpConnection, count: usize) {
    for _ in 0..count {
        let body = ockam_core::NeutralMessage::from(vec![0; 100_000]);
        handle.send(route![connection, "echoer"], body).await.unwrap();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_lost_socket_held_is_counted() {
    for resets in [true, false] {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let node = TcpNode::new().await;
        let connection = connect(&node, socket.local_addr().unwrap(), quick()).await;
        let mut peer = Peer::accept(&socket);
        peer.say(&[1]);
        // The peer reads nothing, so what it has not taken stays here: in the system, in the mailbox
        // of the connection, and in this task. Nothing announces that.
        let sending = {
            let (handle, connection) = (node.ctx.handle(), connection.clone());
            tokio::spawn(async move { stream(&handle, &connection, 100).await })
        };
        let mut before = 0;
        loop {
            let written = connection.info().bytes_out;
            if written > 0 && written == before {
                break;
            }
            before = written;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(connection.info().unacknowledged, 0);
        if resets {
            peer.reset();
        } else {
            peer.say_end();
        }
        let _next = Peer::accept(&socket);
        sending.abort();
        let info = connection.info();
        assert!(info.unacknowledged > 100_000, "resets: {resets}, {info:?}");
        assert!(info.unacknowledged < 10_000_000, "resets: {resets}, {info:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_long_ago_is_not_counted() {
    let socket = StdListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = connect(&node, socket.local_addr().unwrap(), quick()).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    for _ in 0..50 {
        stream(&node.ctx, &connection, 1).await;
        peer.hear();
    }
    peer.reset();
    let _next = Peer::accept(&socket);
    let info = connection.info();
    assert!(info.bytes_out > 4_000_000, "{info:?}");
    // The last look was after 4 MiB.
    assert!(info.unacknowledged < 2_000_000, "{info:?}");
}
