//! What waits keeps its waker no longer than it waits: nothing piles up in a long-lived node.

use crate::support::{Deferrer, Gate, Trace, Tracer, node, poll};
use ockam_core::AllowAll;
use ockam_node::{Context, WorkerBuilder};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::Wake;

/// How many waits are begun and given up.
const WAITS: usize = 500;

/// How many wakers may be kept for the next event, whoever waits for it then.
const KEPT: usize = 2;

struct Counted;

impl Wake for Counted {
    fn wake(self: Arc<Self>) {}
}

/// Polls a future with a waker of its own and drops it, many times; returns how many are kept.
async fn kept<F: Future>(mut wait: impl FnMut() -> F) -> usize {
    let counted: Vec<Arc<Counted>> = (0..WAITS).map(|_| Arc::new(Counted)).collect();
    for counted in &counted {
        let waker = Arc::clone(counted).into();
        let mut future = pin!(wait());
        let _ = future.as_mut().poll(&mut std::task::Context::from_waker(&waker));
    }
    tokio::task::yield_now().await;
    counted.iter().filter(|counted| Arc::strong_count(counted) > 1).count()
}

async fn deferrer(ctx: &Context) {
    ctx.start_worker("deferrer", Deferrer::default()).await.unwrap();
}

#[tokio::test]
async fn asks_that_are_dropped_keep_no_wakers() {
    let ctx = node();
    deferrer(&ctx).await;
    let asks = kept(|| ctx.send_and_receive::<String>("deferrer", "?".to_string())).await;
    assert!(asks <= KEPT, "{asks}");
}

#[tokio::test]
async fn sends_that_are_dropped_in_line_keep_no_wakers() {
    let (ctx, gate) = (node(), Gate::new());
    let tracer = WorkerBuilder::new(Tracer::new(&Trace::new()).with_gate(&gate));
    tracer.with_address("small").with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("small", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("small", "first".to_string()).await.unwrap();
    let sends = kept(|| ctx.send("small", "mine".to_string())).await;
    assert!(sends <= KEPT, "{sends}");
}

#[tokio::test]
async fn waits_for_a_worker_that_are_dropped_keep_no_wakers() {
    let ctx = node();
    let waits = kept(|| ctx.wait_for("never")).await;
    assert!(waits <= KEPT, "{waits}");
}

#[tokio::test]
async fn waits_for_the_end_of_the_node_that_are_dropped_keep_no_wakers() {
    let ctx = node();
    let waits = kept(|| ctx.stopped()).await;
    assert_eq!(waits, 0);
}

#[tokio::test]
async fn waits_for_dead_letters_that_are_dropped_keep_no_wakers() {
    let ctx = node();
    let counted: Vec<Arc<Counted>> = (0..WAITS).map(|_| Arc::new(Counted)).collect();
    let mut dead_letters = ctx.dead_letters().subscribe();
    for counted in &counted {
        let waker = Arc::clone(counted).into();
        let mut next = pin!(dead_letters.next());
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(next.as_mut().poll(&mut cx).is_pending());
    }
    let kept = counted.iter().filter(|counted| Arc::strong_count(counted) > 1).count();
    assert!(kept <= KEPT, "{kept}");
}

#[tokio::test]
async fn waits_for_the_stop_of_a_busy_worker_that_are_dropped_keep_no_wakers() {
    let (ctx, gate) = (node(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&Trace::new()).with_gate(&gate)).await.unwrap();
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let waits = kept(|| ctx.stop_worker("tracer")).await;
    assert_eq!(waits, 0, "while it is busy");
    // The others are told.
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop_worker("tracer").await });
    crate::support::settle().await;
    gate.open(1);
    crate::support::soon(stop).await.unwrap().unwrap();
}

#[tokio::test]
async fn two_waits_of_one_task_are_both_woken() {
    let ctx = node();
    let handle = ctx.handle();
    let waiting = tokio::spawn(async move {
        tokio::select! {
            biased;
            outcome = handle.wait_for("a") => outcome.unwrap(),
            outcome = handle.wait_for("b") => outcome.unwrap(),
        }
    });
    crate::support::settle().await;
    ctx.start_worker("a", crate::support::Echoer).await.unwrap();
    // A woken task needs no time; one that is not woken waits for its timeout.
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await;
    assert!(woken.is_ok(), "the first of two waits was forgotten");
}

#[tokio::test]
async fn a_detached_context_that_is_gone_keeps_no_waker() {
    let ctx = node();
    let counted = Arc::new(Counted);
    let waker = Arc::clone(&counted).into();
    let mut other = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap();
    {
        let mut receive = pin!(other.receive::<u8>());
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(receive.as_mut().poll(&mut cx).is_pending());
        assert!(poll(receive.as_mut()).is_pending());
    }
    drop((other, waker));
    assert_eq!(Arc::strong_count(&counted), 1);
}
