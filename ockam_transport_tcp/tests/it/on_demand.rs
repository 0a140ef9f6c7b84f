//! Routes that name a remote hop.

use crate::support::{TcpNode, soon};
use ockam_core::{ErrorKind, TCP, route};
use ockam_transport_tcp::DEFAULT_CONNECT_TIMEOUT;
use socket2::{Domain, Socket, Type};
use std::future::Future;
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream};
use std::task::Poll;
use std::time::Duration;

#[tokio::test]
async fn a_route_that_names_a_host_connects_and_the_connection_is_used_again() {
    let (responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    for _ in 0..3 {
        let route = route![(TCP, listener.socket_address().to_string()), "echoer"];
        let ask = initiator.ctx.send_and_receive::<String>(route, "Hello".to_string());
        assert_eq!(soon(ask).await.unwrap(), "Hello");
    }
    assert_eq!(initiator.tcp.connections().len(), 1);
    assert_eq!(responder.tcp.connections().len(), 1);
}

#[tokio::test]
async fn asks_at_the_same_time_make_one_connection() {
    let (responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let asks: Vec<_> = (0..20)
        .map(|number| {
            let route = route![(TCP, listener.socket_address().to_string()), "echoer"];
            let ctx = initiator.ctx.handle();
            tokio::spawn(
                async move { ctx.send_and_receive::<String>(route, format!("{number}")).await },
            )
        })
        .collect();
    for (number, ask) in asks.into_iter().enumerate() {
        assert_eq!(soon(ask).await.unwrap().unwrap(), number.to_string());
    }
    assert_eq!(initiator.tcp.connections().len(), 1);
    assert_eq!(responder.tcp.connections().len(), 1);
}

#[tokio::test]
async fn a_connection_that_ended_is_made_anew() {
    let (_responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let route = route![(TCP, listener.socket_address().to_string()), "echoer"];
    for _ in 0..2 {
        let ask = initiator.ctx.send_and_receive::<String>(route.clone(), "Hello".to_string());
        assert_eq!(soon(ask).await.unwrap(), "Hello");
        let sender = initiator.tcp.connections().remove(0).sender_address;
        initiator.tcp.disconnect(sender).await.unwrap();
        assert!(initiator.tcp.connections().is_empty());
    }
}

#[tokio::test]
async fn a_host_that_refuses_fails_the_send_with_the_reason() {
    let node = TcpNode::new().await;
    let free = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let route = route![(TCP, free.to_string()), "echoer"];
    let error = node.ctx.send(route.clone(), 7u8).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains(&format!("cannot connect to {free}")), "{error}");
    let error = soon(node.ctx.send_and_receive::<u8>(route, 7u8)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
}

/// Makes a socket that listens and accepts nothing. Once its queue is full, the system drops what
/// comes to it, as a host behind a firewall does.
fn silent_host() -> (Socket, SocketAddr, Vec<TcpStream>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let queued =
        (0..8).map_while(|_| TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok());
    let queued: Vec<_> = queued.collect();
    assert!(queued.len() < 8, "the queue of the host has no end");
    (socket, address, queued)
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_answer_fails_the_send_in_time() {
    let (_socket, address, _queued) = silent_host();
    let node = TcpNode::new().await;
    let begun = tokio::time::Instant::now();
    let error = node.ctx.send(route![(TCP, address.to_string()), "echoer"], 7u8).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    assert!(begun.elapsed() < DEFAULT_CONNECT_TIMEOUT + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn all_who_wait_for_an_address_that_is_silent_get_the_outcome_of_one_attempt() {
    let node = TcpNode::new().await;
    let (_socket, address, _queued) = silent_host();
    let timeout = Duration::from_secs(2);
    node.tcp.set_on_demand_connect_timeout(timeout);
    let begun = tokio::time::Instant::now();
    let sends: Vec<_> = (0..12)
        .map(|_| {
            let (ctx, hop) = (node.ctx.handle(), (TCP, address.to_string()));
            tokio::spawn(async move { ctx.send(route![hop, "echoer"], 7u8).await })
        })
        .collect();
    for send in sends {
        let error = send.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        assert!(error.to_string().contains("no answer for 2s"), "{error}");
    }
    assert!(begun.elapsed() < timeout + Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(node.tcp.connections().is_empty());
}

#[tokio::test]
async fn a_send_that_is_not_polled_any_more_holds_up_no_other() {
    let (_responder, listener) = TcpNode::echoing().await;
    let initiator = TcpNode::new().await;
    let hop = (TCP, listener.socket_address().to_string());
    let mut left_alone = Box::pin(initiator.ctx.send(route![hop.clone(), "echoer"], String::new()));
    let first = std::future::poll_fn(|cx| Poll::Ready(left_alone.as_mut().poll(cx)));
    assert!(first.await.is_pending());
    let ask = initiator.ctx.send_and_receive::<String>(route![hop, "echoer"], "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    soon(left_alone).await.unwrap();
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let initiator = TcpNode::new().await;
    let address = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let route = route![(TCP, address.to_string()), "echoer"];
    initiator.ctx.send(route.clone(), 7u8).await.unwrap_err();
    let responder = TcpNode::new().await;
    responder.tcp.listen(address, Default::default()).await.unwrap();
    soon(initiator.ctx.send(route, 7u8)).await.unwrap();
}
