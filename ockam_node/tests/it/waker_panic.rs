//! Wakers that panic, as those of an executor of the program's may: whoever wakes is not told, and
//! nobody else stays asleep.

use crate::log::{logged, record_log};
use crate::support::{Echoer, Gate, Trace, Tracer, eventually, node, poll, settle, soon};
use ockam_core::AllowAll;
use ockam_node::{Context, WorkerBuilder};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Wake};

/// The waker of an executor that is broken.
pub(crate) struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("a waker of the tests is broken");
    }
}

/// Polls a future with a waker that panics. It has to wait.
pub(crate) fn begin<F: Future + ?Sized>(future: Pin<&mut F>) {
    let waker = Arc::new(Broken).into();
    let polled = future.poll(&mut std::task::Context::from_waker(&waker));
    assert!(matches!(polled, Poll::Pending));
}

/// A worker with room for one message, which it waits to be given after the one that it handles.
async fn full(ctx: &Context) -> (Trace, Gate) {
    let (trace, gate) = (Trace::new(), Gate::new());
    let tracer = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("full");
    tracer.with_mailbox_capacity(1).start(ctx).await.unwrap();
    ctx.send("full", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("full", "queued".to_string()).await.unwrap();
    (trace, gate)
}

#[tokio::test]
async fn a_sender_is_not_told_of_the_panicking_waker_of_a_receiver() {
    record_log();
    let ctx = node();
    let mut other = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap();
    // The log has powers of ten of all in the process.
    for _ in 0..100 {
        let mut receive = pin!(other.receive::<String>());
        begin(receive.as_mut());
        ctx.send("other", "Hello".to_string()).await.unwrap();
        assert_eq!(soon(receive).await.unwrap().body(), "Hello");
    }
    assert!(!logged("a waker of the tests is broken").is_empty());
}

#[tokio::test]
async fn a_worker_that_answers_is_not_ended_by_the_panicking_waker_of_an_asker() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let mut ask = pin!(ctx.send_and_receive::<String>("echoer", "Hello".to_string()));
    begin(ask.as_mut());
    settle().await;
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    // Its worker goes on.
    let again = ctx.send_and_receive::<String>("echoer", "again".to_string());
    assert_eq!(soon(again).await.unwrap(), "again");
}

#[tokio::test]
async fn a_panicking_waker_in_the_line_of_a_full_mailbox_ends_neither_worker_nor_neighbours() {
    let ctx = node();
    let (trace, gate) = full(&ctx).await;
    let mut first = pin!(ctx.send("full", "first".to_string()));
    let mut second = pin!(ctx.send("full", "second".to_string()));
    let mut third = Box::pin(ctx.send("full", "third".to_string()));
    begin(first.as_mut());
    begin(second.as_mut());
    assert!(poll(third.as_mut()).is_pending());
    let handle = ctx.handle();
    let last = tokio::spawn(async move { handle.send("full", "last".to_string()).await });
    settle().await;
    gate.open(1);
    settle().await;
    soon(first).await.unwrap();
    soon(second).await.unwrap();
    // One that goes away when it has been granted a place.
    settle().await;
    drop(third);
    soon(last).await.unwrap().unwrap();
    eventually("all is handled", || trace.count("end last") == 1).await;
    assert_eq!((trace.count("end second"), trace.count("begin third")), (1, 0));
}

#[tokio::test]
async fn whoever_leaves_its_place_is_not_told_of_the_panicking_waker_of_the_next() {
    let ctx = node();
    let (trace, gate) = full(&ctx).await;
    let mut first = Box::pin(ctx.send("full", "first".to_string()));
    let mut second = pin!(ctx.send("full", "second".to_string()));
    assert!(poll(first.as_mut()).is_pending());
    begin(second.as_mut());
    gate.open(1);
    eventually("a place is granted", || trace.count("end queued") == 1).await;
    drop(first);
    soon(second).await.unwrap();
    eventually("it is handled", || trace.count("end second") == 1).await;
}

#[tokio::test]
async fn a_start_is_not_told_of_the_panicking_waker_of_whoever_waits_for_it() {
    let ctx = node();
    let mut broken = pin!(ctx.wait_for("late"));
    begin(broken.as_mut());
    let handle = ctx.handle();
    let waits = tokio::spawn(async move { handle.wait_for("late").await });
    settle().await;
    ctx.start_worker("late", Echoer).await.unwrap();
    soon(waits).await.unwrap().unwrap();
    soon(broken).await.unwrap();
}

#[tokio::test]
async fn a_stop_of_a_worker_is_not_told_of_panicking_wakers_in_its_line_or_of_its_waiters() {
    let ctx = node();
    let (trace, gate) = full(&ctx).await;
    let mut send = pin!(ctx.send("full", "in line".to_string()));
    begin(send.as_mut());
    let mut other_stop = pin!(ctx.stop_worker("full"));
    begin(other_stop.as_mut());
    soon(send).await.unwrap_err();
    gate.open(1);
    soon(ctx.stop_worker("full")).await.unwrap();
    soon(other_stop).await.unwrap();
    assert_eq!((trace.count("end queued"), trace.count("shutdown")), (1, 1));
}
