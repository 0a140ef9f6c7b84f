//! A node that stops with connections.

use crate::peer::Peer;
use crate::support::{TcpNode, soon};
use ockam_core::{ErrorKind, NeutralMessage, route};
use std::net::TcpListener as StdListener;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_queued_before_the_stop_reaches_the_peer() {
    for (count, size) in [(1_000u32, 100), (20, 300_000)] {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let mut node = TcpNode::new().await;
        let connection = node.connect_to(socket.local_addr().unwrap()).await;
        let mut peer = Peer::accept(&socket);
        peer.say(&[1]);
        // The peer has said more than anybody reads, which must not take back what is written.
        let unread = ockam_core::TransportMessage::new("nobody", route![], vec![0; 1_000]);
        peer.say_message(&unread);
        let reading = std::thread::spawn(move || {
            let payloads: Vec<_> = (0..count).map(|_| peer.hear().payload.to_vec()).collect();
            (payloads, peer.hear_end())
        });
        for number in 0..count {
            let body = [&number.to_be_bytes()[..], &vec![7; size]].concat();
            let body = NeutralMessage::from(body);
            node.ctx.send(route![&connection, "echoer"], body).await.unwrap();
        }
        soon(node.ctx.stop()).await.unwrap();
        let (payloads, rest) = tokio::task::block_in_place(|| reading.join().unwrap());
        for (number, payload) in (0..count).zip(payloads) {
            assert_eq!(payload[..4], number.to_be_bytes());
            assert_eq!(payload.len(), 4 + size);
        }
        assert!(rest.is_empty());
    }
}

#[tokio::test]
async fn a_stopped_node_listens_no_more_and_its_peers_are_told() {
    let (mut responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let connection = initiator.connect(&listener).await;
    let ask =
        initiator.ctx.send_and_receive::<String>(route![&connection, "echoer"], "Hi".to_string());
    soon(ask).await.unwrap();
    soon(responder.ctx.stop()).await.unwrap();
    assert!(responder.tcp.connections().is_empty() && responder.tcp.listeners().is_empty());
    let address = listener.socket_address();
    assert!(initiator.tcp.connect(address, Default::default()).await.is_err());
    StdListener::bind(address).unwrap();
    let ask =
        initiator.ctx.send_and_receive::<String>(route![&connection, "echoer"], "Hi".to_string());
    assert_eq!(soon(ask).await.unwrap_err().kind(), ErrorKind::Stopped);
    let error = responder.tcp.listen("127.0.0.1:0", Default::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
}

#[tokio::test]
async fn two_nodes_stop_at_the_same_time() {
    for _ in 0..20 {
        let (mut responder, listener) = TcpNode::echoing().await;
        let mut initiator = TcpNode::new().await;
        let connection = initiator.connect(&listener).await;
        for _ in 0..10 {
            initiator.ctx.send(route![&connection, "echoer"], "Hi".to_string()).await.unwrap();
        }
        let both = async { tokio::join!(responder.ctx.stop(), initiator.ctx.stop()) };
        let (responder, initiator) = soon(both).await;
        responder.unwrap();
        initiator.unwrap();
    }
}

#[tokio::test]
async fn connecting_ends_when_the_node_stops_and_is_refused_at_once_later() {
    // A listener with a full queue answers no further handshake: connecting takes until it ends.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let _first = std::net::TcpStream::connect(address).unwrap();
    let mut node = TcpNode::new().await;
    let (tcp, handle) = (node.tcp.clone(), node.ctx.handle());
    let connecting = tokio::spawn(async move { tcp.connect(address, Default::default()).await });
    let route = route![(ockam_core::TCP, address.to_string()), "echoer"];
    let sending = tokio::spawn(async move { handle.send(route, "Hi".to_string()).await });
    tokio::task::yield_now().await;
    soon(node.ctx.stop()).await.unwrap();
    assert_eq!(soon(connecting).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
    assert_eq!(soon(sending).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
    let late = node.tcp.connect(address, Default::default());
    assert_eq!(soon(late).await.unwrap_err().kind(), ErrorKind::Stopped);
}
