//! The line of senders in front of a full mailbox.

use crate::support::{Gate, Trace, Tracer, eventually, node, poll, settle, soon};
use ockam_core::{ErrorKind, Result};
use ockam_node::{Context, SendError, WorkerBuilder};
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

type Sending = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A worker that is busy at its gate, with room for one message, which is taken by `first`.
async fn full(ctx: &Context, trace: &Trace) -> Gate {
    let gate = Gate::new();
    let builder = WorkerBuilder::new(Tracer::new(trace).with_gate(&gate)).with_address("small");
    builder.with_mailbox_capacity(1).start(ctx).await.unwrap();
    fill(ctx, &gate).await;
    gate
}

async fn fill(ctx: &Context, gate: &Gate) {
    ctx.send("small", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("small", "first".to_string()).await.unwrap();
}

/// A send that stands in line from here on.
fn stand(ctx: &Context, text: &str) -> Sending {
    let (handle, text) = (ctx.handle(), text.to_string());
    let mut sending: Sending = Box::pin(async move { handle.send("small", text).await });
    assert!(poll(sending.as_mut()).is_pending());
    sending
}

fn began(trace: &Trace) -> Vec<String> {
    let events = trace.events();
    events.iter().filter_map(|event| event.strip_prefix("begin ").map(str::to_string)).collect()
}

#[tokio::test]
async fn a_full_mailbox_makes_senders_wait_in_line() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = full(&ctx, &trace).await;
    let names = ["a", "b", "c", "d", "e"];
    let mut line: Vec<_> = names.map(|name| stand(&ctx, name)).into();
    settle().await;
    for sending in &mut line {
        assert!(poll(sending.as_mut()).is_pending());
    }
    gate.open(1);
    // The last in line is asked first: that changes nothing.
    while let Some(sending) = line.pop() {
        soon(sending).await.unwrap();
    }
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(began(&trace), ["gate", "first", "a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn nobody_overtakes_the_line() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = full(&ctx, &trace).await;
    let waiting = stand(&ctx, "waiting");
    assert_eq!(ctx.try_send("small", "try".to_string()).unwrap_err().kind(), ErrorKind::Full);
    let late = stand(&ctx, "late");
    gate.open(1);
    soon(late).await.unwrap();
    soon(waiting).await.unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(began(&trace), ["gate", "first", "waiting", "late"]);
}

#[tokio::test]
async fn a_sender_that_leaves_the_line_takes_its_message_along_and_nobody_elses() {
    let names = ["a", "b", "c", "d"];
    for leaving in 0..names.len() {
        let (ctx, trace) = (node(), Trace::new());
        let gate = full(&ctx, &trace).await;
        let mut line: Vec<_> = names.map(|name| stand(&ctx, name)).into();
        drop(line.remove(leaving));
        gate.open(1);
        for sending in line {
            soon(sending).await.unwrap();
        }
        ctx.stop_worker("small").await.unwrap();
        let mut expected = vec!["gate", "first"];
        expected.extend(names.iter().filter(|name| **name != names[leaving]));
        assert_eq!(began(&trace), expected);
    }
}

/// Brings a sender to where its message was let in and handled, while nobody polled the sender,
/// and its worker has slept since and is full again.
async fn let_in_long_ago(ctx: &Context, trace: &Trace) -> (Sending, Gate) {
    let gate = full(ctx, trace).await;
    let old = stand(ctx, "old");
    gate.open(1);
    eventually("the old message is handled", || trace.count("end old") == 1).await;
    // Longer than a worker keeps its task without a message.
    tokio::time::sleep(Duration::from_secs(5)).await;
    fill(ctx, &gate).await;
    (old, gate)
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_was_let_in_long_ago_knows_it() {
    let (ctx, trace) = (node(), Trace::new());
    let (mut old, gate) = let_in_long_ago(&ctx, &trace).await;
    let new = stand(&ctx, "new");
    assert!(matches!(poll(old.as_mut()), Poll::Ready(Ok(()))), "its message was handled");
    gate.open(1);
    soon(new).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_was_let_in_long_ago_takes_nobody_elses_message_along() {
    let (ctx, trace) = (node(), Trace::new());
    let (old, gate) = let_in_long_ago(&ctx, &trace).await;
    let new = stand(&ctx, "new");
    drop(old);
    gate.open(1);
    soon(new).await.unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(trace.count("begin new"), 1, "the send was reported as done");
    assert_eq!(trace.count("begin old"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_in_line_is_woken_though_an_older_one_was_never_polled_again() {
    let (ctx, trace) = (node(), Trace::new());
    let (mut old, gate) = let_in_long_ago(&ctx, &trace).await;
    let handle = ctx.handle();
    let new = tokio::spawn(async move { handle.send("small", "new".to_string()).await });
    settle().await;
    let _ = poll(old.as_mut());
    gate.open(1);
    soon(new).await.unwrap().unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(trace.count("begin new"), 1);
}

#[tokio::test]
async fn senders_in_line_get_their_messages_back_when_the_worker_stops() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = full(&ctx, &trace).await;
    let line: Vec<_> = ["a", "b", "c"].map(|name| stand(&ctx, name)).into();
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop_worker("small").await });
    settle().await;
    for (sending, name) in line.into_iter().zip(["a", "b", "c"]) {
        let error = soon(sending).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        let error = error.downcast::<SendError>().unwrap();
        assert_eq!(error.into_body::<String>().unwrap(), name);
    }
    gate.open(1);
    soon(stop).await.unwrap().unwrap();
    assert_eq!(began(&trace), ["gate", "first"]);
}

#[tokio::test]
async fn senders_in_line_get_their_messages_back_when_the_worker_panics() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = Gate::new();
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("small");
    builder.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("small", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("small", "panic".to_string()).await.unwrap();
    let (a, b) = (stand(&ctx, "a"), stand(&ctx, "b"));
    gate.open(1);
    // `a` came in when "panic" was taken out; it is a dead letter then.
    soon(a).await.unwrap();
    let error = soon(b).await.unwrap_err().downcast::<SendError>().unwrap();
    assert_eq!(error.into_body::<String>().unwrap(), "b");
    assert_eq!(began(&trace), ["gate", "panic"]);
}

#[tokio::test]
async fn a_stop_does_not_stand_in_line_behind_messages() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = full(&ctx, &trace).await;
    let waiting = stand(&ctx, "waiting");
    let mut stop = Box::pin(ctx.stop_worker("small"));
    assert!(poll(stop.as_mut()).is_pending());
    // It has been heard at once: the line is sent away while the first message is handled still.
    assert_eq!(soon(waiting).await.unwrap_err().kind(), ErrorKind::Stopped);
    gate.open(1);
    soon(stop).await.unwrap();
    assert_eq!(began(&trace), ["gate", "first"]);
}
