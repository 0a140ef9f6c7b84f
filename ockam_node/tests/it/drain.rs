//! What a node that stops still handles: everything that is queued, and what that leads to.

use crate::support::{Gate, PATIENCE, Trace, collect, collected, poll, settle, soon};
use ockam_core::{Processor, Result, Routed, Worker};
use ockam_node::{Context, MessageReceiveOptions, NodeBuilder, WorkerBuilder};
use std::pin::pin;
use std::time::Duration;

/// A node whose stop is not cut short on a busy machine.
fn patient() -> Context {
    NodeBuilder::new().with_stop_timeout(PATIENCE).build().unwrap()
}

/// Passes a number to the next of a chain, after a few turns of other tasks.
struct Link {
    next: String,
    yields: usize,
}

impl Worker for Link {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        for _ in 0..self.yields {
            tokio::task::yield_now().await;
        }
        ctx.send(self.next.as_str(), msg.body()).await
    }
}

/// Starts `link 0` to `link n - 1`, which lead to `end`.
async fn chain(ctx: &Context, length: usize, yields: usize) {
    for number in 0..length {
        let next =
            if number + 1 == length { "end".to_string() } else { format!("link {}", number + 1) };
        let link = WorkerBuilder::new(Link { next, yields }).with_address(format!("link {number}"));
        link.with_mailbox_capacity(2).start(ctx).await.unwrap();
    }
}

#[tokio::test]
async fn a_node_that_stops_drains_chains_of_messages() {
    for yields in [0, 1, 3, 20] {
        let mut ctx = patient();
        let mut end = collect::<u32>(&ctx, "end").await;
        chain(&ctx, 10, yields).await;
        for number in 0..20u32 {
            ctx.send("link 0", number).await.unwrap();
        }
        ctx.stop().await.unwrap();
        assert_eq!(collected(&mut end), (0..20).collect::<Vec<_>>(), "with {yields} yields");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_stops_drains_chains_of_messages_on_several_threads() {
    for round in 0..40 {
        let mut ctx = patient();
        let mut end = collect::<u32>(&ctx, "end").await;
        chain(&ctx, 6, round % 4).await;
        for number in 0..30u32 {
            ctx.send("link 0", number).await.unwrap();
        }
        ctx.stop().await.unwrap();
        assert_eq!(collected(&mut end), (0..30).collect::<Vec<_>>(), "in round {round}");
    }
}

#[tokio::test]
async fn a_message_that_reaches_an_idle_worker_as_the_stop_begins_is_drained_with_what_follows() {
    for yields in [0, 1, 5] {
        let ctx = patient();
        let mut end = collect::<u32>(&ctx, "end").await;
        chain(&ctx, 5, yields).await;
        // All workers have worked and wait for more.
        ctx.send("link 0", 1u32).await.unwrap();
        assert_eq!(soon(end.recv()).await, Some(1));
        settle().await;
        // The stop is asked for, and has not begun when the message is sent.
        let handle = ctx.handle();
        let mut stop = pin!(handle.stop());
        assert!(poll(stop.as_mut()).is_pending());
        ctx.send("link 0", 2u32).await.unwrap();
        soon(stop).await.unwrap();
        assert_eq!(collected(&mut end), [2], "with {yields} yields");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_to_idle_workers_just_before_the_stop_is_drained_on_several_threads() {
    for round in 0..100 {
        let mut ctx = patient();
        let mut end = collect::<u32>(&ctx, "end").await;
        chain(&ctx, 4, round % 3).await;
        ctx.send("link 0", 1u32).await.unwrap();
        assert_eq!(soon(end.recv()).await, Some(1));
        ctx.send("link 0", 2u32).await.unwrap();
        ctx.stop().await.unwrap();
        assert_eq!(collected(&mut end), [2], "in round {round}");
    }
}

/// Doubles itself: a message to one leads to two in the next layer.
struct Spread(u32);

impl Worker for Spread {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        let next = if self.0 == 0 { "end".to_string() } else { format!("layer {}", self.0 - 1) };
        for bit in 0..2 {
            ctx.send(next.as_str(), *msg * 2 + bit).await?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stops_drains_a_cascade() {
    let mut ctx = patient();
    let mut end = collect::<u32>(&ctx, "end").await;
    for layer in 0..10 {
        ctx.start_worker(format!("layer {layer}"), Spread(layer)).await.unwrap();
    }
    ctx.send("layer 9", 0u32).await.unwrap();
    ctx.stop().await.unwrap();
    let mut numbers = collected(&mut end);
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1024).collect::<Vec<_>>());
}

/// Asks the next worker during the drain.
struct Asker(Trace);

impl Worker for Asker {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        let answer: String = ctx.send_and_receive("echoer", msg.body()).await?;
        self.0.add(answer);
        Ok(())
    }
}

#[tokio::test]
async fn asks_made_during_the_drain_are_answered() {
    let (mut ctx, trace) = (patient(), Trace::new());
    ctx.start_worker("echoer", crate::support::Echoer).await.unwrap();
    ctx.start_worker("asker", Asker(trace.clone())).await.unwrap();
    for text in ["1", "2", "3"] {
        ctx.send("asker", text.to_string()).await.unwrap();
    }
    soon(ctx.stop()).await.unwrap();
    assert_eq!(trace.events(), ["1", "2", "3"]);
}

/// Waits in vain for a message of its own, and then goes on.
struct Waits(Gate);

impl Worker for Waits {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        let options = MessageReceiveOptions::new().with_timeout(Duration::from_millis(1));
        assert!(ctx.receive_extended::<u32>(options).await.is_err());
        self.0.enter().await;
        ctx.send("end", msg.body()).await
    }
}

#[tokio::test]
async fn a_handler_that_received_nothing_is_still_busy_when_the_node_stops() {
    let (ctx, gate) = (patient(), Gate::new());
    let mut end = collect::<u32>(&ctx, "end").await;
    ctx.start_worker("waits", Waits(gate.clone())).await.unwrap();
    ctx.send("waits", 1u32).await.unwrap();
    gate.reached().await;
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop().await });
    settle().await;
    gate.open(1);
    soon(stop).await.unwrap().unwrap();
    assert_eq!(collected(&mut end), [1]);
}

/// Reads from a silent source, and sends what it still has when it is stopped.
struct Flusher;

impl Processor for Flusher {
    type Context = Context;

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        std::future::pending().await
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        for number in 0..5u32 {
            tokio::task::yield_now().await;
            ctx.send("link 0", number).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_a_processor_sends_in_its_shutdown_is_drained_too() {
    let mut ctx = patient();
    let mut end = collect::<u32>(&ctx, "end").await;
    chain(&ctx, 3, 1).await;
    ctx.start_processor("flusher", Flusher).await.unwrap();
    settle().await;
    soon(ctx.stop()).await.unwrap();
    assert_eq!(collected(&mut end), [0, 1, 2, 3, 4]);
}

/// Starts when the node stops already: it sends itself a number of messages, one after the other.
struct Countdown(Trace);

impl Worker for Countdown {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        if *msg > 0 {
            ctx.send(ctx.address(), *msg - 1).await?;
        } else {
            self.0.add("zero");
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_that_sends_to_itself_comes_to_the_end_before_the_node_stops() {
    let (mut ctx, trace) = (patient(), Trace::new());
    ctx.start_worker("countdown", Countdown(trace.clone())).await.unwrap();
    ctx.send("countdown", 500u32).await.unwrap();
    soon(ctx.stop()).await.unwrap();
    assert_eq!(trace.events(), ["zero"]);
}

/// Receives a number before it is reachable, and passes it on.
struct PassesOnFirst(Gate);

impl Worker for PassesOnFirst {
    type Context = Context;
    type Message = u32;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        let number = ctx.receive::<u32>().await?.body();
        self.0.enter().await;
        ctx.send("end", number).await
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        ctx.send("end", msg.body()).await
    }
}

#[tokio::test]
async fn a_worker_that_starts_is_at_work_with_what_it_has_received() {
    let mut ctx = patient();
    let mut end = collect::<u32>(&ctx, "end").await;
    let (handle, gate) = (ctx.handle(), Gate::new());
    let first = PassesOnFirst(gate.clone());
    let start = tokio::spawn(async move { handle.start_worker("first", first).await });
    settle().await;
    for number in [7u32, 8] {
        ctx.send("first", number).await.unwrap();
    }
    gate.reached().await;
    let mut stop = pin!(ctx.stop());
    assert!(poll(stop.as_mut()).is_pending());
    settle().await;
    gate.open(1);
    soon(stop).await.unwrap();
    assert_eq!(collected(&mut end), [7, 8]);
    soon(start).await.unwrap().unwrap();
}
