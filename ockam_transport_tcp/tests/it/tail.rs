//! What was sent last before a connection was closed, while the other side talks and reads slowly.

use crate::support::{TcpNode, eventually, soon};
use ockam_core::{ErrorKind, NeutralMessage, route};
use ockam_node::NodeBuilder;
use ockam_transport_tcp::{TcpConnection, TcpTransportExtension};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

const MESSAGES: usize = 64;
const BODY: usize = 65_000;

/// What the system takes in for a peer that does not read: far less than what is sent, or all of
/// it could have arrived there when the peer goes away.
const PEER_BUFFER: usize = 64 * 1024;

/// An empty frame.
const HEARTBEAT: [u8; 8] = [0, 0, 0, 4, 0x83, 0x80, 0x80, 0x40];

/// A node, and a peer that is connected to it and has been sent more than all buffers take.
struct Scene {
    node: TcpNode,
    connection: TcpConnection,
    peer: TcpStream,
    talker: Option<JoinHandle<()>>,
}

impl Scene {
    /// The peer sends a heartbeat each millisecond as long as it can, or says nothing at all.
    async fn new(talks: bool, stop_timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        SockRef::from(&listener).set_recv_buffer_size(PEER_BUFFER).unwrap();
        let ctx = NodeBuilder::new().with_stop_timeout(stop_timeout).build().unwrap();
        let tcp = ctx.create_tcp_transport().await.unwrap();
        let node = TcpNode { ctx, tcp };
        let connection = node.connect_to(listener.local_addr().unwrap()).await;
        let mut peer = listener.accept().unwrap().0;
        peer.write_all(&[1]).unwrap();
        let mut writing = peer.try_clone().unwrap();
        let talker = talks.then(|| {
            spawn(move || {
                while writing.write_all(&HEARTBEAT).is_ok() {
                    std::thread::sleep(Duration::from_millis(1));
                }
            })
        });
        for _ in 0..MESSAGES {
            let body = NeutralMessage::from(vec![7; BODY]);
            node.ctx.send(route![&connection, "far"], body).await.unwrap();
        }
        Scene { node, connection, peer, talker }
    }

    /// Lets the peer read slowly to the end; it closes when it is told to, or at the end.
    fn read(&mut self, close: mpsc::Receiver<()>) -> JoinHandle<usize> {
        let mut peer = self.peer.try_clone().unwrap();
        let talker = self.talker.take();
        spawn(move || {
            let (mut bytes, mut heard) = (vec![0; 64 * 1024], 0);
            while let Ok(len @ 1..) = peer.read(&mut bytes) {
                heard += len;
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = close.recv();
            let _ = peer.shutdown(std::net::Shutdown::Both);
            if let Some(talker) = talker {
                talker.join().unwrap();
            }
            heard
        })
    }
}

fn joined<R>(thread: JoinHandle<R>) -> R {
    tokio::task::block_in_place(|| thread.join().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tail_arrives_though_the_peer_talks_and_reads_slowly() {
    for (talks, by_stop) in [(true, false), (false, false), (true, true), (false, true)] {
        let mut scene = Scene::new(talks, Duration::from_secs(20)).await;
        let (close, told) = mpsc::channel();
        drop(close);
        let reader = scene.read(told);
        if by_stop {
            soon(scene.node.ctx.stop()).await.unwrap();
        } else {
            soon(scene.node.tcp.disconnect(&scene.connection)).await.unwrap();
        }
        assert!(joined(reader) > MESSAGES * BODY, "talks: {talks}, by the stop: {by_stop}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_has_read_everything_and_does_not_close_is_not_waited_for() {
    let mut scene = Scene::new(false, Duration::from_secs(20)).await;
    let (close, told) = mpsc::channel();
    let reader = scene.read(told);
    soon(scene.node.tcp.disconnect(&scene.connection)).await.unwrap();
    close.send(()).unwrap();
    assert!(joined(reader) > MESSAGES * BODY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tail_that_does_not_arrive_is_an_error() {
    // The peer reads nothing: disconnecting takes no longer than the stop of the node may.
    let scene = Scene::new(false, Duration::from_millis(300)).await;
    let error = soon(scene.node.tcp.disconnect(&scene.connection)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    drop(scene);

    // The peer goes away in the middle.
    let Scene { node, connection, mut peer, .. } = Scene::new(false, Duration::from_secs(20)).await;
    let closing = {
        let (tcp, connection) = (node.tcp.clone(), connection.clone());
        tokio::spawn(async move { tcp.disconnect(&connection).await })
    };
    let closes = || {
        let sent = node.ctx.try_send(route![&connection, "far"], 7u8);
        sent.is_err_and(|error| error.kind() != ErrorKind::Full)
    };
    eventually("it closes", closes).await;
    let reader = spawn(move || {
        peer.read_exact(&mut vec![0; MESSAGES * BODY / 2]).unwrap();
        socket2::Socket::from(peer).set_linger(Some(Duration::ZERO)).unwrap();
    });
    let error = soon(closing).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.to_string().contains("the other side reset it"), "{error}");
    joined(reader);
    assert!(node.tcp.connections().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stop_of_a_node_names_a_connection_whose_tail_does_not_arrive() {
    let Scene { mut node, connection, peer, .. } =
        Scene::new(false, Duration::from_millis(300)).await;
    let error = soon(node.ctx.stop()).await.unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains(&connection.address().to_string()), "{text}");
    drop(peer);
}
