//! The queue of a worker: order, no loss, no duplicate, one message at a time, bounded.

use crate::support::{
    Collector, Gate, Trace, Tracer, collect, collected, node, poll, settle, soon,
};
use ockam_core::{ErrorKind, Result, Routed, Worker};
use ockam_node::{Context, NodeBuilder, SendErrorReason, WorkerBuilder};
use proptest::prelude::*;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

const PRODUCERS: u64 = 8;

#[tokio::test]
async fn messages_of_one_sender_arrive_in_order() {
    let ctx = node();
    let mut numbers = collect::<u32>(&ctx, "collector").await;
    for number in 0..5000u32 {
        ctx.send("collector", number).await.unwrap();
    }
    for number in 0..5000 {
        assert_eq!(soon(numbers.recv()).await, Some(number));
    }
}

/// Sends `each` numbers from each of the producers at once and returns what arrived.
async fn produce(capacity: u32, each: u64) -> Vec<u64> {
    let ctx = node();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let builder = WorkerBuilder::new(Collector::<u64>(sender)).with_address("collector");
    builder.with_mailbox_capacity(capacity).start(&ctx).await.unwrap();
    let producers: Vec<_> = (0..PRODUCERS)
        .map(|producer| {
            let handle = ctx.handle();
            tokio::spawn(async move {
                for number in 0..each {
                    handle.send("collector", producer << 32 | number).await.unwrap();
                }
            })
        })
        .collect();
    for producer in producers {
        producer.await.unwrap();
    }
    let mut all = Vec::new();
    while all.len() < (PRODUCERS * each) as usize {
        all.push(soon(arrived.recv()).await.unwrap());
    }
    ctx.stop_worker("collector").await.unwrap();
    all.extend(collected(&mut arrived));
    all
}

fn assert_each_once_and_in_order(arrived: &[u64], each: u64) {
    assert_eq!(arrived.len() as u64, PRODUCERS * each, "lost or doubled");
    for producer in 0..PRODUCERS {
        let of_one = arrived.iter().filter(|number| *number >> 32 == producer);
        assert!(of_one.map(|number| number & 0xffff_ffff).eq(0..each), "of producer {producer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_doubled_or_reordered_with_room_for_one() {
    assert_each_once_and_in_order(&produce(1, 10_000).await, 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_doubled_or_reordered_with_room_for_three() {
    assert_each_once_and_in_order(&produce(3, 10_000).await, 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_doubled_or_reordered_with_the_usual_room() {
    assert_each_once_and_in_order(&produce(1024, 10_000).await, 10_000);
}

#[tokio::test]
async fn nothing_is_lost_doubled_or_reordered_on_one_thread() {
    assert_each_once_and_in_order(&produce(2, 2_000).await, 2_000);
}

/// Counts how many handlers run at the same time.
struct Alone(Arc<AtomicUsize>, mpsc::UnboundedSender<usize>);

impl Worker for Alone {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<u32>) -> Result<()> {
        let inside = self.0.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        self.0.fetch_sub(1, Ordering::SeqCst);
        let _ = self.1.send(inside);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_handles_one_message_at_a_time() {
    let ctx = node();
    let (sender, mut inside) = mpsc::unbounded_channel();
    ctx.start_worker("alone", Alone(Arc::default(), sender)).await.unwrap();
    for _ in 0..4 {
        let handle = ctx.handle();
        tokio::spawn(async move {
            for number in 0..500u32 {
                handle.send("alone", number).await.unwrap();
            }
        });
    }
    for _ in 0..2000 {
        assert_eq!(soon(inside.recv()).await, Some(0));
    }
}

#[tokio::test]
async fn a_mailbox_is_bounded_and_try_send_gives_the_message_of_a_full_one_back() {
    let ctx = node();
    let (trace, gate) = (Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("small");
    builder.with_mailbox_capacity(2).start(&ctx).await.unwrap();
    ctx.send("small", "gate".to_string()).await.unwrap();
    gate.reached().await;
    for text in ["1", "2"] {
        ctx.try_send("small", text.to_string()).unwrap();
    }

    let error = ctx.try_send("small", "3".to_string()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    let full = SendErrorReason::Full { address: "small".into(), capacity: 2 };
    assert_eq!(*error.reason(), full);
    assert!(error.to_string().contains("0#small"), "{error}");
    assert_eq!(error.into_body::<String>().unwrap(), "3");

    gate.open(1);
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(trace.count("begin 2"), 1);
    assert_eq!(trace.count("begin 3"), 0);
}

#[tokio::test]
async fn the_room_of_a_node_is_that_of_its_builder() {
    let ctx = NodeBuilder::new().with_mailbox_capacity(1).build().unwrap();
    let gate = Gate::new();
    ctx.start_worker("small", Tracer::new(&Trace::new()).with_gate(&gate)).await.unwrap();
    ctx.send("small", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.try_send("small", "1".to_string()).unwrap();
    assert_eq!(ctx.try_send("small", "2".to_string()).unwrap_err().kind(), ErrorKind::Full);
    gate.open(1);
}

#[tokio::test]
async fn a_mailbox_without_room_has_room_for_one() {
    let ctx = node();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let builder = WorkerBuilder::new(Collector::<u8>(sender)).with_address("none");
    builder.with_mailbox_capacity(0).start(&ctx).await.unwrap();
    for number in 0..10u8 {
        soon(ctx.send("none", number)).await.unwrap();
    }
    for number in 0..10 {
        assert_eq!(soon(arrived.recv()).await, Some(number));
    }
}

#[tokio::test]
async fn a_send_to_a_full_mailbox_waits_until_there_is_room() {
    let ctx = node();
    let (trace, gate) = (Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("small");
    builder.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("small", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("small", "1".to_string()).await.unwrap();
    let mut waiting = pin!(ctx.send("small", "2".to_string()));
    for _ in 0..5 {
        assert!(poll(waiting.as_mut()).is_pending());
        settle().await;
    }
    gate.open(1);
    soon(waiting).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Any mixture of sends, tries and pauses keeps the order of what was accepted.
    #[test]
    fn any_mixture_of_sends_arrives_in_order(
        capacity in 1u32..5,
        steps in proptest::collection::vec(0u8..3, 1..120),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (sent, arrived) = runtime.block_on(async {
            let ctx = node();
            let (sender, mut arrived) = mpsc::unbounded_channel();
            let builder = WorkerBuilder::new(Collector::<u32>(sender)).with_address("collector");
            builder.with_mailbox_capacity(capacity).start(&ctx).await.unwrap();
            let mut sent = Vec::new();
            for (number, step) in (0u32..).zip(&steps) {
                match step {
                    0 => {
                        ctx.send("collector", number).await.unwrap();
                        sent.push(number);
                    }
                    1 => {
                        if ctx.try_send("collector", number).is_ok() {
                            sent.push(number);
                        }
                    }
                    _ => tokio::task::yield_now().await,
                }
            }
            ctx.stop_worker("collector").await.unwrap();
            (sent, collected(&mut arrived))
        });
        prop_assert_eq!(sent, arrived);
    }
}

/// What a worker has in hand comes on top of what its mailbox holds, so it is little.
#[tokio::test]
async fn a_worker_takes_at_most_32_messages_and_an_eighth_of_its_room_at_a_time() {
    for (capacity, taken) in [(1, 1), (7, 1), (16, 2), (64, 8), (256, 32), (1024, 32)] {
        let (ctx, gate) = (node(), Gate::new());
        let builder = WorkerBuilder::new(Tracer::new(&Trace::new()).with_gate(&gate));
        builder.with_address("tracer").with_mailbox_capacity(capacity).start(&ctx).await.unwrap();
        // It waits at the gate with each message.
        let fill = || (0..).take_while(|_| ctx.try_send("tracer", "gate".to_string()).is_ok());
        ctx.send("tracer", "gate".to_string()).await.unwrap();
        gate.reached().await;
        assert_eq!(fill().count(), capacity as usize);
        gate.open(1);
        gate.reached().await;
        assert_eq!(fill().count(), taken, "with room for {capacity}");
    }
}
