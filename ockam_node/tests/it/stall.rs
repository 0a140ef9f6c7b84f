//! Handing messages from outside on to a worker that stands still, or is slow.

use crate::support::{eventually, node};
use ockam_core::{Any, ErrorKind, LocalMessage, Result, Routed, TransportMessage, Worker, route};
use ockam_node::{Context, DeadLetterReason, StallGuard, WorkerBuilder};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(4);

/// Handles a message when it is let.
struct Gated(mpsc::UnboundedReceiver<()>);

impl Worker for Gated {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        self.0.recv().await;
        Ok(())
    }
}

fn to(address: &str) -> LocalMessage {
    TransportMessage::new(route![address], route!["from"], vec![7]).into()
}

/// A node with a gated worker whose mailbox is full.
async fn full() -> (Context, StallGuard, mpsc::UnboundedSender<()>) {
    let ctx = node();
    let (gate, gated) = mpsc::unbounded_channel();
    let worker = WorkerBuilder::new(Gated(gated)).with_address("gated").with_mailbox_capacity(1);
    worker.start(&ctx).await.unwrap();
    let mut guard = StallGuard::new(LIMIT);
    // One that it handles and one in its mailbox.
    for _ in 0..2 {
        guard.forward(&ctx, to("gated")).await.unwrap();
    }
    (ctx, guard, gate)
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_stands_still_is_given_up_after_the_limit_and_then_at_once() {
    let (ctx, mut guard, gate) = full().await;
    for (index, waits) in [LIMIT, Duration::ZERO, Duration::ZERO].into_iter().enumerate() {
        let before = Instant::now();
        let error = guard.forward(&ctx, to("gated")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Full);
        assert!(error.to_string().contains("0#gated"), "{error}");
        assert_eq!(before.elapsed(), waits, "message {index}");
        assert_eq!(ctx.dead_letters().count(DeadLetterReason::Stalled), index as u64 + 1);
    }
    // Another worker is not held up by it.
    guard.forward(&ctx, to("app")).await.unwrap();
    // It handles something: it is waited for again.
    let progress = || ctx.progress_at(&"gated".into());
    let stood = progress();
    gate.send(()).unwrap();
    gate.send(()).unwrap();
    eventually("it handles something", || progress() != stood).await;
    let before = Instant::now();
    guard.forward(&ctx, to("gated")).await.unwrap();
    assert!(before.elapsed() < LIMIT);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_slow_is_waited_for() {
    let (ctx, mut guard, gate) = full().await;
    let slow = tokio::spawn(async move {
        for _ in 0..4 {
            tokio::time::sleep(LIMIT * 9 / 10).await;
            gate.send(()).unwrap();
        }
        gate
    });
    for _ in 0..4 {
        guard.forward(&ctx, to("gated")).await.unwrap();
    }
    slow.await.unwrap();
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Stalled), 0);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_delivered_at_all_is_an_error_at_once() {
    let (ctx, mut guard, _gate) = full().await;
    let before = Instant::now();
    let error = guard.forward(&ctx, to("nobody")).await.unwrap_err();
    assert_eq!((error.kind(), before.elapsed()), (ErrorKind::NotFound, Duration::ZERO));
}
