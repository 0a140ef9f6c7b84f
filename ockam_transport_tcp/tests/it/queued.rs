//! What all connections of a listener hold of messages that wait has one bound.

use crate::peer::{Peer, frame};
use crate::support::{Echoer, TcpNode, eventually, soon};
use ockam_core::{Address, Any, NeutralMessage, Result, Routed, TransportMessage, Worker, route};
use ockam_node::{Context, Handle, WorkerBuilder};
use ockam_transport_tcp::{
    FREE_QUEUED_LEN, MAX_BATCH_LEN, QUEUED_GRACE, TcpListener, TcpListenerOptions,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How many bytes each message of a flood has.
const LEN: usize = 100_000;

/// A node with an echoer, and as many peers that read nothing.
async fn stage(options: TcpListenerOptions, peers: usize) -> (TcpNode, TcpListener, Vec<Peer>) {
    let node = TcpNode::new().await;
    node.ctx.start_worker("echoer", Echoer).await.unwrap();
    let listener = node.listen(options).await;
    node.ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
    let peers = (0..peers).map(|_| Peer::greeting(listener.socket_address())).collect::<Vec<_>>();
    eventually("all are there", || node.tcp.connections().len() == peers.len()).await;
    (node, listener, peers)
}

fn senders(node: &TcpNode) -> Vec<Address> {
    node.tcp.connections().into_iter().map(|info| info.sender_address).collect()
}

/// Sends messages to the other side of a connection, until it ends; those that were sent are counted.
fn flood(
    handle: Handle,
    sender: Address,
    messages: usize,
    sent: Arc<AtomicUsize>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        for _ in 0..messages {
            let body = NeutralMessage::from(vec![7; LEN]);
            if handle.send(route![sender.clone(), "far"], body).await.is_err() {
                return;
            }
            sent.fetch_add(1, Ordering::SeqCst);
        }
    })
}

/// Sends messages to the other side of a connection, until it ends.
fn endless_flood(handle: Handle, sender: Address) -> JoinHandle<()> {
    flood(handle, sender, usize::MAX, Arc::default())
}

/// Counts the messages that were sent and not written.
fn waiting(node: &TcpNode, sent: &AtomicUsize) -> usize {
    let sent = sent.load(Ordering::SeqCst);
    let written = node.tcp.connections().iter().map(|info| info.messages_out).sum::<u64>();
    sent.saturating_sub(written as usize)
}

async fn echo(listener: &TcpListener, len: usize) {
    let honest = TcpNode::new().await;
    let route = route![honest.connect(listener).await, "echoer"];
    for _ in 0..3 {
        let body = "a".repeat(len);
        let answer = honest.ctx.send_and_receive::<String>(route.clone(), body.clone());
        assert!(soon(answer).await.unwrap() == body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_read_nothing_hold_what_the_listener_allows_and_others_are_answered() {
    const LIMIT: usize = 4_000_000;
    const PEERS: usize = 8;
    // What was written in part is one batch, which counts when it stands still.
    const MOST: usize = LIMIT + PEERS * (MAX_BATCH_LEN + LEN);
    let options = TcpListenerOptions::new().with_max_queued_bytes(LIMIT);
    let (mut node, listener, peers) = stage(options, PEERS).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let begin = |sender| flood(node.ctx.handle(), sender, 200, Arc::clone(&sent));
    let floods: Vec<_> = senders(&node).into_iter().map(begin).collect();
    let held = || {
        let held = listener.info().queued_bytes();
        assert!(held <= MOST, "{held} bytes are held");
        held
    };
    // Beside it there is at each connection what is its own, and a message that is taken out.
    let wait = || {
        let waiting = waiting(&node, &sent) * LEN;
        assert!(waiting <= MOST + PEERS * (FREE_QUEUED_LEN + LEN), "{waiting} bytes wait");
    };
    eventually("the bound is reached", || held() >= LIMIT).await;
    for len in [10, FREE_QUEUED_LEN / 2, 1_000_000] {
        echo(&listener, len).await;
        held();
        wait();
    }
    // Some go away, and the others read.
    let mut reading = Vec::new();
    for (number, peer) in peers.into_iter().enumerate() {
        match number % 4 {
            0 => peer.reset(),
            1 => drop(peer),
            _ => reading.push(std::thread::spawn(|| peer.hear_all_blocking())),
        }
    }
    for flood in floods {
        soon(flood).await.unwrap();
        held();
    }
    eventually("all is written or given up", || held() == 0).await;
    node.ctx.stop().await.unwrap();
    reading.into_iter().for_each(|peer| peer.join().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_a_connection_gives_back_what_it_held() {
    for way in ["disconnect", "kill the sender", "kill the receiver", "reset", "node"] {
        let options = TcpListenerOptions::new().with_write_stall_timeout(Duration::from_secs(1));
        let (mut node, listener, mut peers) = stage(options, 1).await;
        let info = node.tcp.connections().remove(0);
        let flood = endless_flood(node.ctx.handle(), info.sender_address.clone());
        eventually("much is held", || listener.info().queued_bytes() > 20 * LEN).await;
        match way {
            "disconnect" => drop(node.tcp.disconnect(info.sender_address).await),
            "kill the sender" => drop(node.ctx.kill(info.sender_address).await.unwrap()),
            "kill the receiver" => drop(node.ctx.kill(info.receiver_address).await.unwrap()),
            "reset" => peers.remove(0).reset(),
            _ => drop(node.ctx.stop().await),
        }
        soon(flood).await.unwrap();
        eventually(way, || listener.info().queued_bytes() == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_takes_nothing_is_given_up_sooner_when_the_bound_is_reached() {
    let options = TcpListenerOptions::new()
        .with_max_queued_bytes(0)
        .with_write_stall_timeout(Duration::from_secs(3600));
    let (node, listener, _peers) = stage(options, 1).await;
    let sender = senders(&node).remove(0);
    let begun = Instant::now();
    soon(endless_flood(node.ctx.handle(), sender.clone())).await.unwrap();
    assert!(begun.elapsed() >= QUEUED_GRACE);
    let error = node.ctx.send(route![sender, "far"], ()).await.unwrap_err().to_string();
    assert!(error.contains("read nothing for 10s while its listener held all"), "{error}");
    eventually("all is given back", || listener.info().queued_bytes() == 0).await;
}

/// Handles a message for each permit.
struct Gated(Arc<Semaphore>);

impl Worker for Gated {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        self.0.acquire().await.unwrap().forget();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_a_message_that_waits_for_a_worker_is_read_no_more_when_the_bound_is_reached() {
    const PEERS: usize = 5;
    const EACH: usize = 10;
    let options = TcpListenerOptions::new()
        .with_max_queued_bytes(0)
        .with_consumer_stall_timeout(Duration::MAX);
    let (node, listener, mut peers) = stage(options, PEERS).await;
    let gate = Arc::new(Semaphore::new(0));
    let gated = WorkerBuilder::new(Gated(Arc::clone(&gate))).with_address("gated");
    gated.with_mailbox_capacity(1).start(&node.ctx).await.unwrap();
    node.ctx.flow_controls().add_consumer("gated", listener.flow_control_id());
    let message = frame(&TransportMessage::new("gated", route!["me"], vec![7; 1000]));
    for peer in &mut peers {
        peer.say(&message.repeat(EACH));
    }
    let arrived = || node.tcp.connections().iter().map(|info| info.messages_in).sum::<u64>();
    // One is handled, one waits in the mailbox, and one at each connection.
    let most = 2 + PEERS as u64;
    eventually("each has one that waits", || arrived() == most).await;
    echo(&listener, 10).await;
    let echoes = 3;
    assert_eq!(arrived(), most + echoes);
    let held = listener.info().queued_bytes();
    assert!((PEERS * 1000..PEERS * 2000).contains(&held), "{held}");
    gate.add_permits(PEERS * EACH);
    eventually("all arrive", || arrived() >= (PEERS * EACH) as u64).await;
    eventually("all is given back", || listener.info().queued_bytes() == 0).await;
}
