//! What a long stream of messages leaves behind, and what floods of strangers can fill.

use crate::peer::{Peer, frame};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{Any, Result, Routed, TransportMessage, Worker, route};
use ockam_node::{Context, DEFAULT_MAILBOX_BYTES, WorkerBuilder};
use ockam_transport_tcp::{MAX_BACKLOG_LEN, TcpListenerOptions};
use std::time::Duration;
use tokio::sync::mpsc;

/// How many messages go over a connection; in a release build, and with `OCKAM_MESSAGES` set to
/// 10,000,000, this takes ten seconds.
const MESSAGES: u64 = 20_000;

/// How much more resident memory there may be after the stream than after its first quarter.
const MOST_MORE: u64 = 8 * 1024 * 1024;

/// Counts messages, and answers an empty one with their number.
struct Counter(u64);

impl Worker for Counter {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        if msg.payload().is_empty() {
            return ctx.send(msg.return_route(), self.0).await;
        }
        self.0 += 1;
        Ok(())
    }
}

/// Returns the resident bytes of this process, or 0 where the system does not tell.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok().and_then(|statm| {
        statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok())
    });
    pages.unwrap_or_default() * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_stream_leaves_memory_as_it_was() {
    let wanted = std::env::var("OCKAM_MESSAGES").ok().and_then(|count| count.parse().ok());
    let messages: u64 = wanted.unwrap_or(MESSAGES);
    let responder = TcpNode::new().await;
    WorkerBuilder::new(Counter(0)).with_address("counter").start(&responder.ctx).await.unwrap();
    let listener = responder.listen(Default::default()).await;
    responder.ctx.flow_controls().add_consumer("counter", listener.flow_control_id());
    let initiator = TcpNode::new().await;
    let route = route![initiator.connect(&listener).await, "counter"];
    let mut after = Vec::new();
    for quarter in 1..=4 {
        for number in 0..messages / 4 {
            initiator.ctx.send(route.clone(), [number; 4]).await.unwrap();
        }
        let counted = soon(initiator.ctx.send_and_receive::<u64>(route.clone(), ())).await;
        assert_eq!(counted.unwrap(), quarter * (messages / 4));
        after.push(resident());
    }
    println!("{messages} messages; resident after each quarter: {after:?}");
    // Other tests of this process use memory at the same time, so only a run of its own compares.
    if wanted.is_some() {
        assert!(after[3] < after[0] + MOST_MORE, "{after:?}");
    }
}

/// Takes one message, and no other one.
struct Stuck(mpsc::Receiver<()>);

impl Worker for Stuck {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        self.0.recv().await;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_who_flood_a_worker_that_takes_nothing_fill_its_mailbox_and_no_more() {
    const LEN: usize = 1024 * 1024;
    const PEERS: usize = 2;
    const EACH: usize = 40;
    let options = TcpListenerOptions::new().with_consumer_stall_timeout(Duration::from_millis(200));
    let (node, (_open, closed)) = (TcpNode::new().await, mpsc::channel(1));
    let listener = node.listen(options).await;
    node.ctx.start_worker("stuck", Stuck(closed)).await.unwrap();
    node.ctx.flow_controls().add_consumer("stuck", listener.flow_control_id());
    let flood = frame(&TransportMessage::new("stuck", route!["me"], vec![7; LEN]));
    let strangers: Vec<_> = (0..PEERS)
        .map(|_| {
            let (mut peer, flood) = (Peer::greeting(listener.socket_address()), flood.clone());
            std::thread::spawn(move || {
                assert!((0..EACH).all(|_| peer.try_say_blocking(&flood)));
                peer
            })
        })
        .collect();
    let count = || {
        let connections = node.tcp.connections();
        let messages = connections.iter().map(|connection| connection.messages_in).sum::<u64>();
        (messages as usize, connections.iter().map(|connection| connection.dropped).sum::<u64>())
    };
    eventually("all have arrived", || count().0 == PEERS * EACH).await;
    let held = (PEERS * EACH - count().1 as usize) * LEN;
    // What waits, and an eighth of that in hand; one that is handled; what waits beside it, of which
    // one message may be over the bound.
    let mailbox = DEFAULT_MAILBOX_BYTES as usize / 8 * 9;
    assert!(held <= mailbox + LEN + PEERS * (MAX_BACKLOG_LEN + LEN), "{held} bytes are held");
    assert!(held >= mailbox / 2, "the bound is not {held} bytes");
    strangers.into_iter().for_each(|stranger| drop(stranger.join().unwrap()));
}
