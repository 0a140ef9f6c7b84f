//! Workers that take nothing: what they stop, and what they do not.

use crate::peer::Peer;
use crate::support::{Echoer, TcpNode, eventually, soon};
use ockam_core::{Any, NeutralMessage, Result, Routed, Worker, route};
use ockam_node::{Context, DeadLetterReason, WorkerBuilder};
use ockam_transport_tcp::{MAX_BACKLOG_LEN, TcpConnection, TcpListener, TcpListenerOptions};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// Takes a message when it gets a permit, and shows the first byte of its body.
struct Stuck {
    gate: Arc<Semaphore>,
    taken: mpsc::UnboundedSender<u8>,
}

impl Worker for Stuck {
    type Context = Context;
    type Message = NeutralMessage;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<NeutralMessage>) -> Result<()> {
        self.gate.acquire().await.unwrap().forget();
        let _ = self.taken.send(msg.as_body().as_slice()[0]);
        Ok(())
    }
}

/// A node with an echoer and a worker that is stuck, and one that is connected to it.
struct Scene {
    node: TcpNode,
    initiator: TcpNode,
    listener: TcpListener,
    connection: TcpConnection,
    gate: Arc<Semaphore>,
    taken: mpsc::UnboundedReceiver<u8>,
}

impl Scene {
    async fn new(options: TcpListenerOptions) -> Self {
        Scene::with_capacity(options, 4).await
    }

    async fn with_capacity(options: TcpListenerOptions, capacity: u32) -> Self {
        let node = TcpNode::new().await;
        let listener = node.listen(options).await;
        node.ctx.start_worker("echoer", Echoer).await.unwrap();
        let (gate, (taken, shown)) = (Arc::new(Semaphore::new(0)), mpsc::unbounded_channel());
        let stuck = Stuck { gate: Arc::clone(&gate), taken };
        let stuck = WorkerBuilder::new(stuck).with_address("stuck").with_mailbox_capacity(capacity);
        stuck.start(&node.ctx).await.unwrap();
        for name in ["echoer", "stuck"] {
            node.ctx.flow_controls().add_consumer(name, listener.flow_control_id());
        }
        let initiator = TcpNode::new().await;
        let connection = initiator.connect(&listener).await;
        Scene { node, initiator, listener, connection, gate, taken: shown }
    }

    async fn tell_stuck(&self, number: u8, len: usize) {
        let body = NeutralMessage::from(vec![number; len]);
        self.initiator.ctx.send(route![&self.connection, "stuck"], body).await.unwrap();
    }

    async fn echo(&self, text: &str) {
        let route = route![&self.connection, "echoer"];
        let echo = self.initiator.ctx.send_and_receive::<String>(route, text.to_string());
        assert_eq!(soon(echo).await.unwrap(), text);
    }

    fn stalled(&self) -> u64 {
        self.node.ctx.dead_letters().count(DeadLetterReason::Stalled)
    }
}

#[tokio::test]
async fn a_worker_that_takes_nothing_does_not_hold_up_others_and_loses_nothing() {
    let mut scene = Scene::new(TcpListenerOptions::new()).await;
    for number in 0..100 {
        scene.tell_stuck(number, 100).await;
    }
    scene.echo("an ask to another worker").await;
    // An answer to what this node asks comes over the same connection.
    scene.initiator.ctx.start_worker("far", Echoer).await.unwrap();
    let flows = scene.initiator.ctx.flow_controls();
    flows.add_consumer("far", scene.connection.flow_control_id());
    let back = scene.node.tcp.connections().remove(0).sender_address;
    let ask = scene.node.ctx.send_and_receive::<String>(route![back, "far"], "Hi".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hi");

    scene.gate.add_permits(100);
    for number in 0..100 {
        assert_eq!(soon(scene.taken.recv()).await, Some(number));
    }
    assert_eq!((scene.stalled(), scene.node.tcp.connections()[0].dropped), (0, 0));
}

#[tokio::test]
async fn a_worker_that_takes_nothing_for_the_stall_timeout_loses_what_waits_for_it() {
    let limit = Duration::from_millis(300);
    let options = TcpListenerOptions::new().with_consumer_stall_timeout(limit);
    let mut scene = Scene::new(options).await;
    // More than all buffers on the way take, so it has to be dropped for the echo to pass.
    let sent = 200;
    for number in 0..sent {
        scene.tell_stuck(number, MAX_BACKLOG_LEN).await;
    }
    scene.echo("it comes through").await;
    assert!(scene.stalled() > 100, "{} were dropped", scene.stalled());
    let dropped = scene.node.tcp.connections()[0].dropped;
    assert_eq!(dropped, scene.stalled());

    // It goes on with what was in its mailbox, in order, and takes what is sent from then on. Which
    // ones are missing depends on when it was first found full.
    scene.gate.add_permits(1000);
    let mut last = None;
    for _ in 0..u64::from(sent) - dropped {
        let taken = soon(scene.taken.recv()).await;
        assert!(taken > last, "{taken:?} after {last:?}");
        last = taken;
    }
    scene.tell_stuck(250, 1).await;
    assert_eq!(soon(scene.taken.recv()).await, Some(250));
}

#[tokio::test]
async fn a_worker_that_is_slow_loses_nothing() {
    let limit = Duration::from_millis(400);
    let options = TcpListenerOptions::new().with_consumer_stall_timeout(limit);
    let mut scene = Scene::with_capacity(options, 64).await;
    let sent = 100;
    for number in 0..sent {
        scene.tell_stuck(number, 100).await;
    }
    scene.echo("all have arrived").await;
    // Far longer than the limit passes before the mailbox is half empty and lets senders in.
    for number in 0..sent {
        tokio::time::sleep(limit / 20).await;
        scene.gate.add_permits(1);
        assert_eq!(soon(scene.taken.recv()).await, Some(number));
    }
    assert_eq!(scene.stalled(), 0);
}

#[tokio::test]
async fn what_waits_for_a_worker_is_delivered_when_the_peer_closes() {
    let mut scene = Scene::new(TcpListenerOptions::new()).await;
    for number in 0..50 {
        scene.tell_stuck(number, 100).await;
    }
    scene.initiator.tcp.disconnect(&scene.connection).await.unwrap();
    scene.gate.add_permits(50);
    for number in 0..50 {
        assert_eq!(soon(scene.taken.recv()).await, Some(number));
    }
    eventually("the connection has ended", || scene.node.tcp.connections().is_empty()).await;
    assert_eq!(scene.stalled(), 0);
}

#[tokio::test]
async fn what_waits_for_a_worker_is_accounted_for_when_the_node_ends_the_connection() {
    let mut scene = Scene::new(TcpListenerOptions::new()).await;
    for number in 0..50 {
        scene.tell_stuck(number, 100).await;
    }
    scene.echo("all have arrived").await;
    let stopped = || scene.node.ctx.dead_letters().count(DeadLetterReason::Stopped);
    assert_eq!(stopped(), 0);
    let receiver = scene.node.tcp.connections().remove(0).receiver_address;
    soon(scene.node.ctx.stop_processor(receiver)).await.unwrap();
    let lost = stopped();
    assert!(lost >= 45, "{lost} were accounted for");
    scene.gate.add_permits(50);
    soon(scene.node.ctx.stop_worker("stuck")).await.unwrap();
    let mut taken = 0;
    while scene.taken.try_recv().is_ok() {
        taken += 1;
    }
    assert_eq!(taken + lost, 50);
}

/// Forwards to a connection, as a relay does.
struct Onward(TcpConnection);

impl Worker for Onward {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.modify().pop_front().prepend_route(&self.0);
        ctx.forward(message).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_behind_a_relay_that_reads_nothing_does_not_hold_up_others() {
    let limit = Duration::from_millis(300);
    let options = TcpListenerOptions::new().with_consumer_stall_timeout(limit);
    let scene = Scene::new(options).await;
    let owner = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to_owner = scene.node.connect_to(owner.local_addr().unwrap()).await;
    let mut dead = Peer::accept(&owner);
    dead.say(&[1]);
    scene.node.ctx.start_worker("relay", Onward(to_owner)).await.unwrap();
    scene.node.ctx.flow_controls().add_consumer("relay", scene.listener.flow_control_id());
    // The mailboxes of the relay and of the owner's connection take thousands of small ones.
    for _ in 0..60 {
        for _ in 0..100 {
            let body = NeutralMessage::from(vec![0; 8 * 1024]);
            let route = route![&scene.connection, "relay", "nobody"];
            scene.initiator.ctx.send(route, body).await.unwrap();
        }
    }
    scene.echo("an ask to the node in the middle").await;
    assert!(scene.stalled() > 0);
}
