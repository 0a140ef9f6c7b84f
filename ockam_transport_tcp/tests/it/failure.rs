//! Questions that fail on the other node: what the asker is told, and who else is.

use crate::peer::Peer;
use crate::support::{Echoer, TcpNode, eventually, soon};
use ockam_core::{
    Address, Any, Error, ErrorKind, FailureNotice, FailureReason, MAX_NOTICE_LEN, Result, Routed,
    TransportMessage, Worker, route,
};
use ockam_node::{Context, DeadLetterReason, RemoteFailure};
use ockam_transport_tcp::{TcpConnection, TcpListener, TcpListenerOptions};
use std::net::SocketAddr;

/// Fails, or panics if it is asked to, and answers everything else.
struct Valve;

impl Worker for Valve {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        match msg.as_body().as_str() {
            "fail" => Err(Error::msg("the password of the valve is 1234")),
            "panic" => panic!("the valve is stuck"),
            _ => ctx.send(msg.return_route(), msg.body()).await,
        }
    }
}

/// Passes messages on to the next hop of their routes.
struct Hop;

impl Worker for Hop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        ctx.forward(msg.into_local_message().step_forward(ctx.address())?).await
    }
}

/// A node with a valve, and one that is connected to it.
async fn valve() -> (TcpNode, TcpListener, TcpNode, TcpConnection) {
    let node = TcpNode::new().await;
    let listener = node.listen(TcpListenerOptions::new()).await;
    node.ctx.start_worker("valve", Valve).await.unwrap();
    node.ctx.flow_controls().add_consumer("valve", listener.flow_control_id());
    let asker = TcpNode::new().await;
    let connection = asker.connect(&listener).await;
    (node, listener, asker, connection)
}

/// What an ask fails with, long before its own time limit of 30 s.
async fn failure(asker: &TcpNode, route: ockam_core::Route, body: &str) -> Error {
    let ask = asker.ctx.send_and_receive::<String>(route, body.to_string());
    soon(ask).await.unwrap_err()
}

fn remote(error: &Error) -> &RemoteFailure {
    error.downcast_ref().expect("it is a failure on another node")
}

#[tokio::test]
async fn an_asker_is_told_that_the_handler_failed_and_where_but_not_its_text() {
    let (_node, listener, asker, connection) = valve().await;
    let error = failure(&asker, route![&connection, "valve"], "fail").await;
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(remote(&error).reason(), FailureReason::Failed);
    assert_eq!(*remote(&error).route(), route![connection.sender_address(), "valve"]);
    let shown = format!("{error:#}");
    let peer = listener.socket_address();
    let where_ = format!("0#valve at the other end of the connection to {peer} failed");
    assert!(shown.starts_with(&where_), "{shown}");
    assert!(!shown.contains("1234"), "the text is the other node's: {shown}");
    // The connection and the worker go on.
    let route = route![&connection, "valve"];
    let answer = asker.ctx.send_and_receive::<String>(route, "Hi".to_string());
    assert_eq!(soon(answer).await.unwrap(), "Hi");
}

#[tokio::test]
async fn an_asker_is_told_of_a_panic_and_of_a_body_that_is_of_another_type() {
    let (_node, _listener, asker, connection) = valve().await;
    let ask = asker.ctx.send_and_receive::<String>(route![&connection, "valve"], (2u8, 7u64));
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
    let mismatch = remote(&error).mismatch().expect("it says what was expected");
    assert_eq!((mismatch.expected.as_str(), mismatch.len), ("String", 2));

    let error = failure(&asker, route![&connection, "valve"], "panic").await;
    assert_eq!(
        (error.kind(), remote(&error).reason()),
        (ErrorKind::Panicked, FailureReason::Panicked)
    );
    assert!(!error.to_string().contains("stuck"), "{error}");
}

#[tokio::test]
async fn an_asker_is_told_of_a_worker_that_is_killed_while_it_handles_the_question() {
    let (node, listener, asker, connection) = valve().await;
    let mut arrived = node.collect("bell").await;
    node.ctx.flow_controls().add_consumer("hangs", listener.flow_control_id());
    node.ctx.start_worker("hangs", Hangs).await.unwrap();
    let ask = failure(&asker, route![&connection, "hangs"], "bell");
    let kill = async {
        soon(arrived.recv()).await.unwrap();
        node.ctx.kill("hangs").await.unwrap();
    };
    let (error, ()) = tokio::join!(ask, kill);
    assert_eq!(
        (error.kind(), remote(&error).reason()),
        (ErrorKind::Stopped, FailureReason::CutOff)
    );
}

/// Rings a bell, and never comes to an end.
struct Hangs;

impl Worker for Hangs {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        ctx.send(msg.body(), ()).await?;
        std::future::pending().await
    }
}

#[tokio::test]
async fn an_asker_two_nodes_away_is_told_over_the_node_between() {
    let (_node, listener, _asker, _connection) = valve().await;
    let middle = TcpNode::new().await;
    let onward = middle.connect(&listener).await;
    let door = middle.listen(TcpListenerOptions::new()).await;
    middle.ctx.start_worker("hop", Hop).await.unwrap();
    let flows = middle.ctx.flow_controls();
    flows.add_consumer("hop", door.flow_control_id());
    flows.add_consumer("hop", onward.flow_control_id());
    let asker = TcpNode::new().await;
    let connection = asker.connect(&door).await;
    let far = route![&connection, "hop", onward.sender_address().clone(), "valve"];
    // The answer comes back by the hop as well, which puts itself into the return route.
    let answer = asker.ctx.send_and_receive::<String>(far.clone(), "Hi".to_string());
    assert_eq!(soon(answer).await.unwrap(), "Hi");
    let error = failure(&asker, far, "fail").await;
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert_eq!(remote(&error).route().last(), Some(&"valve".into()));
    assert_eq!(remote(&error).route().first(), Some(connection.sender_address()));
}

/// A peer that has asked the valve something, with a return route of its own.
fn asked(address: SocketAddr, asker: &Address, body: &str) -> Peer {
    let mut peer = Peer::greeting(address);
    let question = |asker: &Address, body: &str| {
        let body = ockam_core::encode(&body.to_string()).unwrap();
        TransportMessage::new("valve", asker.clone(), body)
    };
    peer.say_message(&question(asker, body));
    // Behind it one that is answered.
    peer.say_message(&question(&"probe".into(), "Hi"));
    peer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_ask_for_notices_hears_none() {
    let (_node, listener, ..) = valve().await;
    let hex = Address::from_random(ockam_core::LOCAL, [0xfa; 16]);
    for asker in [hex, "app".into(), "Vafafafafafafafafafafafafafafafa".into()] {
        let mut peer = asked(listener.socket_address(), &asker, "fail");
        assert_eq!(peer.hear().onward_route, route!["probe"], "asked as {asker}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_is_a_message_to_the_name_beside_that_of_the_asker() {
    let (_node, listener, ..) = valve().await;
    let asker = Address::from_random_asker([0xfa; 16]);
    let mut peer = asked(listener.socket_address(), &asker, "fail");
    let notice = peer.hear();
    assert_eq!(notice.onward_route, route!["Vafafafafafafafafafafafafafafafa"]);
    assert_eq!(notice.return_route, route!["valve"]);
    let bytes = [&[0xff; 9][..], &[1, 0x83, 0, 8, 0x80]].concat();
    assert_eq!(notice.payload.to_bytes().unwrap(), bytes);
    assert_eq!(peer.hear().onward_route, route!["probe"]);
}

/// A node that asks a peer something; the peer answers with what `answers` makes of the asker's
/// name, over connections of its own.
async fn answered_with(
    answers: impl Fn(&Address, &Address) -> Vec<TransportMessage>,
) -> (TcpNode, Peer, Result<String>) {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = node.connect_to(socket.local_addr().unwrap()).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    let ask = node.ctx.send_and_receive::<String>(route![&connection, "far"], "Hi".to_string());
    let answer = async {
        let question = peer.hear();
        let asker = question.return_route.last().unwrap().clone();
        let notices = asker.notice_address().expect("it asks for notices");
        for message in answers(&asker, &notices) {
            peer.say_message(&message);
        }
        peer
    };
    let (outcome, peer) = tokio::join!(soon(ask), answer);
    (node, peer, outcome)
}

fn answer(asker: &Address) -> TransportMessage {
    TransportMessage::new(asker.clone(), "far", ockam_core::encode(&"answer".to_string()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_notice_ends_no_ask() {
    let (node, _peer, outcome) = answered_with(|asker, notices| {
        let garbage = |bytes: Vec<u8>| TransportMessage::new(notices.clone(), "far", bytes);
        let whole = FailureNotice::new(FailureReason::Failed, ErrorKind::Failed).encode();
        let mut messages = vec![garbage(vec![]), garbage(vec![0xff; MAX_NOTICE_LEN + 1])];
        messages.extend((0..whole.len()).map(|end| garbage(whole[..end].to_vec())));
        messages.push(answer(asker));
        messages
    })
    .await;
    assert_eq!(outcome.unwrap(), "answer");
    assert_eq!(node.ctx.dead_letters().count(DeadLetterReason::Undecodable), 16);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_behind_the_answer_and_of_other_asks_change_nothing() {
    let failed = || FailureNotice::new(FailureReason::Failed, ErrorKind::Failed).encode();
    let notices = std::cell::OnceCell::new();
    let (node, mut peer, outcome) = answered_with(|asker, own| {
        notices.set(own.clone()).unwrap();
        let other = Address::from_random_asker([7; 16]).notice_address().unwrap();
        vec![TransportMessage::new(other, "far", failed()), answer(asker)]
    })
    .await;
    assert_eq!(outcome.unwrap(), "answer");
    for _ in 0..1000 {
        let notices = notices.get().unwrap().clone();
        peer.say_message(&TransportMessage::new(notices, "far", failed()));
    }
    let refused = || node.ctx.dead_letters().count(DeadLetterReason::Denied);
    eventually("all were refused", || refused() == 1001).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_over_another_connection_is_refused() {
    let (node, listener) = TcpNode::echoing().await;
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = node.connect_to(socket.local_addr().unwrap()).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    let mut stranger = Peer::greeting(listener.socket_address());
    let ask = node.ctx.send_and_receive::<String>(route![&connection, "far"], "Hi".to_string());
    let forge = async {
        let question = peer.hear();
        let asker = question.return_route.last().unwrap().clone();
        let bytes = FailureNotice::new(FailureReason::Failed, ErrorKind::Failed).encode();
        let forged = TransportMessage::new(asker.notice_address().unwrap(), "far", bytes);
        stranger.say_message(&forged);
        // Behind it, what shows that it was taken in.
        let body = ockam_core::encode(&"Hi".to_string()).unwrap();
        stranger.say_message(&TransportMessage::new("echoer", "probe", body));
        assert_eq!(stranger.hear().onward_route, route!["probe"]);
        peer.say_message(&answer(&asker));
    };
    let (outcome, ()) = tokio::join!(soon(ask), forge);
    assert_eq!(outcome.unwrap(), "answer");
    assert_eq!(node.ctx.dead_letters().count(DeadLetterReason::Denied), 1);
}

#[tokio::test]
async fn a_worker_that_may_not_send_out_tells_nobody() {
    let (node, listener, asker, connection) = valve().await;
    let mute = ockam_node::WorkerBuilder::new(Valve).with_mailboxes(ockam_core::Mailbox::new(
        "mute",
        ockam_core::AllowAll,
        ockam_core::DenyAll,
    ));
    mute.start(&node.ctx).await.unwrap();
    node.ctx.flow_controls().add_consumer("mute", listener.flow_control_id());
    node.ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
    node.ctx.start_worker("echoer", Echoer).await.unwrap();
    let mute =
        asker.ctx.send_and_receive::<String>(route![&connection, "mute"], "fail".to_string());
    let refused = async {
        let refused = || node.ctx.dead_letters().count(DeadLetterReason::Denied);
        eventually("the notice was refused", || refused() == 1).await;
        let echo = route![&connection, "echoer"];
        let answer = asker.ctx.send_and_receive::<String>(echo, "Hi".to_string());
        soon(answer).await.unwrap();
    };
    tokio::select! {
        biased;
        outcome = mute => panic!("it was told {outcome:?}"),
        () = refused => {}
    }
}
