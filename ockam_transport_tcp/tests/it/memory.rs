//! What a long stream of messages leaves behind.

use crate::support::{TcpNode, soon};
use ockam_core::{Any, Result, Routed, Worker, route};
use ockam_node::{Context, WorkerBuilder};

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
