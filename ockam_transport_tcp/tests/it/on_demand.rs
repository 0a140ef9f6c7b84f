//! Routes that name a remote hop.

use crate::support::{TcpNode, soon};
use ockam_core::{ErrorKind, TCP, route};
use std::net::TcpListener as StdListener;

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
