//! To which peers a node tells what, and what an asker hears of questions that were never handled.

use crate::support::{Echoer, TcpNode, soon};
use ockam_core::{
    Any, Error, ErrorKind, FailureReason, NeutralMessage, Result, Route, Routed, Worker, route,
};
use ockam_node::{
    Audience, Context, MessageSendReceiveOptions, NodeBuilder, RemoteFailure, StopOptions,
};
use ockam_transport_tcp::{
    TcpConnection, TcpConnectionOptions, TcpListener, TcpListenerOptions, TcpTransportExtension,
};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// A node, and one that is connected to it.
struct Scene {
    node: TcpNode,
    listener: TcpListener,
    asker: TcpNode,
    connection: TcpConnection,
}

impl Scene {
    async fn new(builder: NodeBuilder) -> Self {
        Self::with(builder, TcpListenerOptions::new()).await
    }

    async fn with(builder: NodeBuilder, options: TcpListenerOptions) -> Self {
        let ctx = builder.build().unwrap();
        let tcp = ctx.create_tcp_transport().await.unwrap();
        let node = TcpNode { ctx, tcp };
        let listener = node.listen(options).await;
        let asker = TcpNode::new().await;
        let connection = asker.connect(&listener).await;
        Scene { node, listener, asker, connection }
    }

    fn to(&self, worker: &str) -> Route {
        route![&self.connection, worker]
    }

    async fn start<W: Worker<Context = Context>>(&self, address: &str, worker: W) {
        self.node.ctx.start_worker(address, worker).await.unwrap();
        self.let_in(address);
    }

    fn let_in(&self, address: &str) {
        self.node.ctx.flow_controls().add_consumer(address, self.listener.flow_control_id());
    }

    /// What an ask fails with, long before its own time limit of 30 s.
    async fn failure(&self, worker: &str) -> Error {
        let ask = self.asker.ctx.send_and_receive::<String>(self.to(worker), "Hi".to_string());
        soon(ask).await.unwrap_err()
    }

    /// Makes the node know the peer behind its only connection, as a program can.
    async fn is_known(&self) {
        self.start("echoer", Echoer).await;
        let answer = self.asker.ctx.send_and_receive::<String>(self.to("echoer"), "Hi".to_string());
        soon(answer).await.unwrap();
        let accepted = self.node.tcp.connections().pop().unwrap();
        self.node.ctx.flow_controls().add_known_peer(&accepted.sender_address);
    }
}

/// Fails with a chain of causes.
struct Valve;

impl Worker for Valve {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        Err(Error::with_kind(ErrorKind::Application, Outer(Inner)).add_context("turning the valve"))
    }
}

#[derive(Debug)]
struct Outer(Inner);

#[derive(Debug)]
struct Inner;

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the handle is stuck")
    }
}

impl std::fmt::Display for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it is rusty")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl std::error::Error for Inner {}

fn remote(error: &Error) -> &RemoteFailure {
    error.downcast_ref().unwrap_or_else(|| panic!("it is no failure of another node: {error}"))
}

#[track_caller]
fn assert_is(error: &Error, kind: ErrorKind, reason: FailureReason, worker: &str) {
    assert_eq!((error.kind(), remote(error).reason()), (kind, reason), "{error}");
    assert_eq!(remote(error).route().last(), Some(&worker.into()), "{error}");
}

#[tokio::test]
async fn a_peer_that_the_node_knows_gets_the_texts_of_an_error_and_its_causes() {
    let scene = Scene::new(NodeBuilder::new()).await;
    scene.is_known().await;
    scene.start("valve", Valve).await;
    let error = scene.failure("valve").await;
    assert_is(&error, ErrorKind::Failed, FailureReason::Failed, "valve");
    let shown = format!("{error:#}");
    let text = "failed to handle the message: turning the valve: the handle is stuck: it is rusty";
    assert!(shown.ends_with(text), "{shown}");
    let causes = remote(&error).causes().collect::<Vec<_>>();
    assert_eq!(causes, ["it is rusty"]);
}

#[tokio::test]
async fn a_stranger_gets_the_texts_only_of_a_node_that_tells_everybody() {
    for (audience, told) in [(Audience::Nobody, false), (Audience::Everybody, true)] {
        let scene = Scene::new(NodeBuilder::new().with_failure_texts_told_to(audience)).await;
        scene.start("valve", Valve).await;
        let error = scene.failure("valve").await;
        assert_is(&error, ErrorKind::Failed, FailureReason::Failed, "valve");
        assert_eq!(format!("{error:#}").contains("rusty"), told, "{audience:?}: {error:#}");
    }
}

#[tokio::test]
async fn the_text_of_a_panic_says_once_that_it_is_one() {
    let builder = NodeBuilder::new().with_failure_texts_told_to(Audience::Everybody);
    let scene = Scene::new(builder).await;
    let mut held = held(&scene).await;
    let ask = scene.asker.ctx.send_and_receive::<String>(scene.to("held"), "panic".to_string());
    let (error, _) = tokio::join!(soon(ask), async { drop(soon(held.recv()).await) });
    let error = error.unwrap_err();
    assert_is(&error, ErrorKind::Panicked, FailureReason::Panicked, "held");
    assert_eq!(error.to_string().matches("panicked").count(), 1, "{error}");
    assert!(error.to_string().contains(" panicked: it was let"), "{error}");
}

#[tokio::test]
async fn a_node_that_tells_nobody_is_silent() {
    let scene = Scene::new(NodeBuilder::new().with_failures_told_to(Audience::Nobody)).await;
    scene.start("valve", Valve).await;
    scene.start("echoer", Echoer).await;
    let valve = scene.asker.ctx.send_and_receive::<String>(scene.to("valve"), "Hi".to_string());
    let answer = scene.asker.ctx.send_and_receive::<String>(scene.to("echoer"), "Hi".to_string());
    tokio::select! {
        biased;
        outcome = valve => panic!("it was told {outcome:?}"),
        // What is behind it on the same connection.
        answer = soon(answer) => assert_eq!(answer.unwrap(), "Hi"),
    }
}

#[tokio::test]
async fn who_exists_is_told_only_to_peers_that_may_know_it() {
    // A peer that the node knows.
    let scene = Scene::new(NodeBuilder::new()).await;
    scene.is_known().await;
    scene.node.ctx.start_worker("private", Echoer).await.unwrap();
    let error = scene.failure("ecoher").await;
    assert_is(&error, ErrorKind::NotFound, FailureReason::NotFound, "ecoher");
    let error = scene.failure("private").await;
    assert_is(&error, ErrorKind::Denied, FailureReason::Denied, "private");
    // A consumer that was never started.
    scene.let_in("late");
    let error = scene.failure("late").await;
    assert_is(&error, ErrorKind::NotFound, FailureReason::NotFound, "late");

    // Everybody, if the program says so.
    let builder = NodeBuilder::new().with_existence_told_to(Audience::Everybody);
    let scene = Scene::new(builder).await;
    let error = scene.failure("ecoher").await;
    assert_is(&error, ErrorKind::NotFound, FailureReason::NotFound, "ecoher");
    let peer = scene.listener.socket_address();
    let text = format!("0#ecoher at the other end of the connection to {peer} does not exist");
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_worker_from_none_and_its_asks_end_at_their_own_limit() {
    let scene = Scene::new(NodeBuilder::new()).await;
    scene.node.ctx.start_worker("private", Echoer).await.unwrap();
    scene.start("echoer", Echoer).await;
    scene.let_in("late");
    for worker in ["ecoher", "private", "late"] {
        let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_millis(200));
        let ask = scene.asker.ctx.send_and_receive_extended::<String>(
            scene.to(worker),
            "Hi".to_string(),
            options,
        );
        let error = soon(ask).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        // The likely causes, and where it was asked.
        let over = format!("the connection to {}", scene.listener.socket_address());
        let text = format!("no answer from 0#{worker} at the other end of {over} for 200ms: ");
        assert!(error.to_string().starts_with(&text), "{error}");
        assert!(error.to_string().contains("no consumer of the connection"), "{error}");
    }
}

/// Says that it has a message, and goes on when it is let.
struct Held {
    holds: mpsc::UnboundedSender<oneshot::Sender<()>>,
}

impl Worker for Held {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let (go_on, goes_on) = oneshot::channel();
        self.holds.send(go_on)?;
        // Let go or dropped: either way it goes on.
        let _ = goes_on.await;
        if msg.payload().starts_with(b"\x05panic") {
            panic!("it was let");
        }
        ctx.send(msg.return_route(), "held".to_string()).await
    }
}

/// A worker that holds one question while others are queued behind it.
async fn held(scene: &Scene) -> mpsc::UnboundedReceiver<oneshot::Sender<()>> {
    let (holds, held) = mpsc::unbounded_channel();
    scene.start("held", Held { holds }).await;
    held
}

#[tokio::test]
async fn questions_that_were_queued_when_their_worker_ends_fail_at_once() {
    for (ends, kind, reason) in [
        ("panic", ErrorKind::Panicked, FailureReason::Panicked),
        ("kill", ErrorKind::Stopped, FailureReason::CutOff),
        ("discard", ErrorKind::Stopped, FailureReason::Stopped),
    ] {
        let scene = Scene::new(NodeBuilder::new()).await;
        let mut held = held(&scene).await;
        scene.start("echoer", Echoer).await;
        let ask = |body: &str| {
            scene.asker.ctx.send_and_receive::<String>(scene.to("held"), body.to_string())
        };
        let first = ask(if ends == "panic" { "panic" } else { "Hi" });
        let queued = [ask("a"), ask("b"), ask("c")];
        let end = async {
            let go_on = soon(held.recv()).await.unwrap();
            // What is behind them on the same connection comes when all are queued.
            soon(scene.asker.ctx.send_and_receive::<String>(scene.to("echoer"), "Hi".to_string()))
                .await
                .unwrap();
            match ends {
                "panic" => drop(go_on),
                "kill" => drop(scene.node.ctx.kill("held").await.unwrap()),
                _ => {
                    let options = StopOptions::new().discard_queue();
                    let stop = scene.node.ctx.stop_worker_with("held", options);
                    let (stopped, ()) = tokio::join!(stop, async { drop(go_on) });
                    stopped.unwrap();
                }
            }
        };
        let [a, b, c] = queued;
        let (first, a, b, c, ()) = tokio::join!(soon(first), soon(a), soon(b), soon(c), end);
        match ends {
            "discard" => assert_eq!(first.unwrap(), "held"),
            _ => assert_is(&first.unwrap_err(), kind, reason, "held"),
        }
        for error in [a, b, c] {
            assert_is(&error.unwrap_err(), kind, reason, "held");
        }
    }
}

#[tokio::test]
async fn a_question_for_which_there_was_no_room_fails_when_it_is_given_up() {
    let limit = Duration::from_millis(200);
    let options = TcpListenerOptions::new().with_consumer_stall_timeout(limit);
    let scene = Scene::with(NodeBuilder::new().with_mailbox_capacity(1), options).await;
    let mut held = held(&scene).await;
    let ask = || scene.asker.ctx.send_and_receive::<String>(scene.to("held"), "Hi".to_string());
    // One is handled and one in its mailbox. Behind them is one too many.
    let (first, second, third) = (ask(), ask(), ask());
    let third = async {
        let error = soon(third).await.unwrap_err();
        assert_is(&error, ErrorKind::Full, FailureReason::Full, "held");
        // Only then the others go on.
        held.close();
        while held.recv().await.is_some() {}
    };
    let (first, second, ()) = tokio::join!(soon(first), soon(second), third);
    first.unwrap();
    let _ = second;
}

#[tokio::test]
async fn a_question_that_cannot_be_sent_on_fails_at_once() {
    let builder = || NodeBuilder::new().with_existence_told_to(Audience::Everybody);
    let scene = Scene::new(builder()).await;
    let far = TcpNode::new().await;
    let door = far.listen(TcpListenerOptions::new()).await;
    let options = TcpConnectionOptions::new().with_max_sent_frame_len(10_000);
    let onward = scene.node.tcp.connect(door.socket_address(), options).await.unwrap();
    scene.let_in(&onward.sender_address().to_string()[2..]);
    let to_far = route![&scene.connection, onward.sender_address().clone(), "far"];
    // Too large for the connection behind the node.
    let body = NeutralMessage::from(vec![7; 20_000]);
    let ask = scene.asker.ctx.send_and_receive::<String>(to_far.clone(), body);
    let error = soon(ask).await.unwrap_err();
    assert_eq!(remote(&error).reason(), FailureReason::Unsendable, "{error}");
    // That connection has ended.
    soon(scene.node.tcp.disconnect(&onward)).await.unwrap();
    let ask = scene.asker.ctx.send_and_receive::<String>(to_far, "Hi".to_string());
    let error = soon(ask).await.unwrap_err();
    let reason = remote(&error).reason();
    assert!(matches!(reason, FailureReason::NotFound | FailureReason::Stopped), "{error}");
}
