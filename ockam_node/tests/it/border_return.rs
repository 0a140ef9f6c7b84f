//! Answers to messages from outside, whose return routes name hosts: they go back to the peer, and
//! this node connects to none of those hosts.

use crate::border::{Connection, RECEIVER, SENDER};
use crate::support::{Deferrer, Echoer, Hop, node, settle, soon};
use ockam_core::{
    Address, AllowAll, ErrorKind, Resolving, Route, TCP, Transport, TransportMessage,
    TransportType, encode, route,
};
use ockam_node::Context;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};

/// The longest part of a return route that the peer writes in these tests.
const LONGEST: usize = 6;

/// Notes what it is asked to connect to. To `near` it leads, and to nothing else: as with a host
/// that drops every packet, the attempt has no end.
#[derive(Clone, Debug, Default)]
struct Dialler(Arc<Mutex<Vec<String>>>);

impl Transport for Dialler {
    fn transport_type(&self) -> TransportType {
        TCP
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a> {
        self.0.lock().unwrap().push(address.address().to_string());
        match address.address() {
            "near" => Box::pin(ready(Ok(SENDER.into()))),
            _ => Box::pin(pending()),
        }
    }
}

impl Dialler {
    fn register(ctx: &Context) -> Self {
        let dialler = Dialler::default();
        ctx.register_transport(Arc::new(dialler.clone())).unwrap();
        dialler
    }

    fn dialled(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Makes the part of a return route that a peer writes, with a host at one place of it.
fn of_peer(place: usize) -> Route {
    let hop = |at| match at == place {
        true => Address::new(TCP, "10.0.0.1:22"),
        false => Address::from(format!("hop {at}")),
    };
    (0..LONGEST).map(hop).collect()
}

/// Brings a question in, as a connection does.
async fn ask_from_outside(connection: &Connection, onward: Route, back: &Route, body: &str) {
    let payload = encode(&body.to_string()).unwrap();
    let message = TransportMessage::new(onward, route![SENDER, back], payload);
    connection.receiver.forward(message.into()).await.unwrap();
}

#[tokio::test]
async fn an_answer_leaves_a_host_in_its_route_to_the_peer_wherever_it_stands() {
    let ctx = node();
    let dialler = Dialler::register(&ctx);
    let mut connection = Connection::open(&ctx, None).await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.start_worker("hop", Hop).await.unwrap();
    for name in ["echoer", "hop"] {
        ctx.flow_controls().add_consumer(name, &connection.id);
    }
    for onward in [route!["echoer"], route!["hop", "echoer"], route!["hop", "hop", "echoer"]] {
        for place in 0..LONGEST {
            let back = of_peer(place);
            ask_from_outside(&connection, onward.clone(), &back, "Hello").await;
            let answer = soon(connection.sent.recv()).await.unwrap();
            assert_eq!(answer.onward_route(), &back, "through {onward}");
        }
    }
    assert!(dialler.dialled().is_empty(), "{:?}", dialler.dialled());
}

#[tokio::test]
async fn an_answer_over_a_connection_that_has_ended_fails_and_its_worker_goes_on() {
    let ctx = node();
    let dialler = Dialler::register(&ctx);
    let connection = Connection::open(&ctx, None).await;
    let deferrer = Deferrer::default();
    let asked = Arc::clone(&deferrer.asked);
    ctx.start_worker("deferrer", deferrer).await.unwrap();
    ctx.start_worker("hop", Hop).await.unwrap();
    for name in ["deferrer", "hop"] {
        ctx.flow_controls().add_consumer(name, &connection.id);
    }
    for onward in [route!["deferrer"], route!["hop", "deferrer"]] {
        ask_from_outside(&connection, onward, &of_peer(0), "question").await;
        soon(asked.notified()).await;
    }
    ctx.end_flow(&RECEIVER.into(), "the peer has gone");
    drop(connection);
    ctx.stop_worker(SENDER).await.unwrap();

    // The first error ends the handler, and the worker handles the next message.
    ctx.send("deferrer", "answer".to_string()).await.unwrap();
    ctx.send("deferrer", "question".to_string()).await.unwrap();
    soon(asked.notified()).await;
    for route in [route![SENDER, of_peer(0)], route![SENDER, of_peer(3)]] {
        let error = soon(ctx.send(route, 7u8)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Stopped | ErrorKind::NotFound), "{error}");
    }
    settle().await;
    assert!(dialler.dialled().is_empty(), "{:?}", dialler.dialled());
}

#[tokio::test]
async fn a_host_behind_a_worker_of_this_node_is_resolved_and_one_behind_a_connection_is_not() {
    let ctx = node();
    let dialler = Dialler::register(&ctx);
    let mut connection = Connection::open(&ctx, None).await;
    ctx.start_worker("hop", Hop).await.unwrap();
    let host = Address::new(TCP, "near");
    for route in [route![&host, "echoer"], route!["hop", &host, "echoer"]] {
        ctx.send(route.clone(), 7u8).await.unwrap();
        let sent = soon(connection.sent.recv()).await.unwrap();
        assert_eq!(sent.onward_route(), &route!["echoer"], "by {route}");
        let ask = ctx.handle();
        let ask = tokio::spawn(async move { ask.send_and_receive::<u8>(route, 7u8).await });
        assert_eq!(soon(connection.sent.recv()).await.unwrap().onward_route(), &route!["echoer"]);
        ask.abort();
    }
    assert_eq!(dialler.dialled(), ["near"; 4]);
    assert_eq!(ctx.resolve(route![SENDER, &host]).await.unwrap(), route![SENDER, &host]);
    ctx.send(route![SENDER, &host, "echoer"], 7u8).await.unwrap();
    let sent = soon(connection.sent.recv()).await.unwrap();
    assert_eq!(sent.onward_route(), &route![host, "echoer"]);
    assert_eq!(dialler.dialled().len(), 4);
}

#[tokio::test]
async fn a_node_without_transports_answers_over_a_route_that_names_a_host() {
    let ctx = node();
    let mut connection = Connection::open(&ctx, None).await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.flow_controls().add_consumer("echoer", &connection.id);
    ask_from_outside(&connection, route!["echoer"], &of_peer(0), "Hello").await;
    let answer = soon(connection.sent.recv()).await.unwrap();
    assert_eq!(answer.onward_route(), &of_peer(0));
    // What this node would have to know is an error at once.
    let local = ctx.new_detached("local", AllowAll, AllowAll).await.unwrap();
    let error = local.send(of_peer(0), 7u8).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("1#10.0.0.1:22"), "{error}");
}

/// A worker that asks the peer back, as for a refresh, does not connect either.
#[tokio::test]
async fn an_ask_along_a_return_route_goes_to_the_peer() {
    let ctx = node();
    let dialler = Dialler::register(&ctx);
    let mut connection = Connection::open(&ctx, None).await;
    let ask = ctx.handle();
    let back = route![SENDER, of_peer(1)];
    let ask = tokio::spawn(async move { soon(ask.send_and_receive::<u8>(back, 7u8)).await });
    let question = soon(connection.sent.recv()).await.unwrap();
    assert_eq!(question.onward_route(), &of_peer(1));
    let slot = question.return_route().first().unwrap().clone();
    connection
        .receiver
        .forward(TransportMessage::new(slot, route![], encode(&9u8).unwrap()).into())
        .await
        .unwrap();
    assert_eq!(soon(ask).await.unwrap().unwrap(), 9);
    assert!(dialler.dialled().is_empty());
}
