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
    // The last in line is polled first: that changes nothing.
    let mut rounds = 0;
    while !line.is_empty() {
        for place in (0..line.len()).rev() {
            if let Poll::Ready(outcome) = poll(line[place].as_mut()) {
                outcome.unwrap();
                drop(line.remove(place));
            }
        }
        settle().await;
        rounds += 1;
        assert!(rounds < 100, "{} senders are still in line", line.len());
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
    let (late, waiting) = soon(async { tokio::join!(late, waiting) }).await;
    late.unwrap();
    waiting.unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(began(&trace), ["gate", "first", "waiting", "late"]);
}

/// To wake a sender for each message that is taken costs more than to handle it.
#[tokio::test]
async fn senders_in_line_get_in_many_at_a_time_when_the_mailbox_is_half_empty() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("small");
    builder.with_mailbox_capacity(8).start(&ctx).await.unwrap();
    let send = || ctx.try_send("small", "gate".to_string());
    send().unwrap();
    gate.reached().await;
    assert_eq!((0..).take_while(|_| send().is_ok()).count(), 8);
    let mut line: Vec<_> = (0..5).map(|_| stand(&ctx, "gate")).collect();
    for queued in [7, 6, 5] {
        gate.open(1);
        gate.reached().await;
        let mut sends = line.iter_mut();
        assert!(sends.all(|sending| poll(sending.as_mut()).is_pending()), "{queued} of 8 wait");
    }
    gate.open(1);
    gate.reached().await;
    let last = line.pop();
    for mut sending in line {
        assert!(poll(sending.as_mut()).is_ready(), "4 of 8 wait: there is room for 4");
    }
    assert!(poll(last.unwrap().as_mut()).is_pending());
    gate.open(20);
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

#[tokio::test]
async fn a_place_that_was_granted_and_is_given_up_goes_to_the_next_in_line() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = full(&ctx, &trace).await;
    let granted = stand(&ctx, "granted");
    let handle = ctx.handle();
    let next = tokio::spawn(async move { handle.send("small", "next".to_string()).await });
    settle().await;
    gate.open(1);
    eventually("the mailbox is empty", || trace.count("end first") == 1).await;
    drop(granted);
    // Sooner than an idle worker gives its line up.
    settle().await;
    assert!(next.is_finished(), "the next in line was not woken");
    next.await.unwrap().unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(began(&trace), ["gate", "first", "next"]);
}

/// Brings a sender to where it was granted a place, but was not polled, and its worker has slept
/// since and is full again.
async fn granted_long_ago(ctx: &Context, trace: &Trace) -> (Sending, Gate) {
    let gate = full(ctx, trace).await;
    let old = stand(ctx, "old");
    gate.open(1);
    eventually("the mailbox is empty", || trace.count("end first") == 1).await;
    // Longer than a worker keeps its task without a message.
    tokio::time::sleep(Duration::from_secs(5)).await;
    fill(ctx, &gate).await;
    (old, gate)
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_granted_long_ago_is_not_that_of_a_new_sender() {
    let (ctx, trace) = (node(), Trace::new());
    let (mut old, gate) = granted_long_ago(&ctx, &trace).await;
    let new = stand(&ctx, "new");
    assert!(poll(old.as_mut()).is_pending(), "the mailbox is full again");
    gate.open(1);
    let (old, new) = soon(async { tokio::join!(old, new) }).await;
    old.unwrap();
    new.unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(began(&trace), ["gate", "first", "gate", "first", "new", "old"]);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_was_granted_a_place_long_ago_takes_no_other_message_along() {
    let (ctx, trace) = (node(), Trace::new());
    let (old, gate) = granted_long_ago(&ctx, &trace).await;
    let new = stand(&ctx, "new");
    drop(old);
    gate.open(1);
    soon(new).await.unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(trace.count("begin new"), 1, "the send was reported as done");
    assert_eq!(trace.count("begin old"), 0, "the send was dropped before it was done");
}

#[tokio::test(start_paused = true)]
async fn a_sender_in_line_is_woken_though_an_older_one_was_never_polled_again() {
    let (ctx, trace) = (node(), Trace::new());
    let (mut old, gate) = granted_long_ago(&ctx, &trace).await;
    let handle = ctx.handle();
    let new = tokio::spawn(async move { handle.send("small", "new".to_string()).await });
    settle().await;
    let _ = poll(old.as_mut());
    gate.open(1);
    soon(new).await.unwrap().unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(trace.count("begin new"), 1);
}

/// Receives a message before its start is over, and notes the others.
struct ReceivesFirst(Gate, Trace);

impl ockam_core::Worker for ReceivesFirst {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.0.enter().await;
        let first = ctx.receive::<String>().await?.body();
        self.1.add(format!("begin {first}"));
        Ok(())
    }

    async fn handle_message(
        &mut self,
        _: &mut Context,
        msg: ockam_core::Routed<String>,
    ) -> Result<()> {
        self.1.add(format!("begin {msg}"));
        Ok(())
    }
}

#[tokio::test]
async fn who_stands_in_line_at_a_start_gets_in_when_it_is_over() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let worker = WorkerBuilder::new(ReceivesFirst(gate.clone(), trace.clone()));
    let worker = worker.with_address("small").with_mailbox_capacity(1);
    let handle = ctx.handle();
    let start = tokio::spawn(async move { worker.start(&handle).await });
    gate.reached().await;
    let sends = ["first", "a", "b", "c"].map(|text| {
        let handle = ctx.handle();
        tokio::spawn(async move { handle.send("small", text.to_string()).await })
    });
    settle().await;
    gate.open(1);
    soon(start).await.unwrap().unwrap();
    for send in sends {
        soon(send).await.unwrap().unwrap();
    }
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(began(&trace).len(), 4);
}

/// A place that is never taken would keep all others out of a mailbox with room for one.
#[tokio::test(start_paused = true)]
async fn a_sender_that_does_not_take_its_place_holds_the_others_up_until_the_worker_is_idle() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = full(&ctx, &trace).await;
    let silent = stand(&ctx, "silent");
    let handle = ctx.handle();
    let next = tokio::spawn(async move { handle.send("small", "next".to_string()).await });
    settle().await;
    gate.open(1);
    soon(next).await.unwrap().unwrap();
    soon(silent).await.unwrap();
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(began(&trace), ["gate", "first", "next", "silent"]);
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
    // `a` was granted a place when "panic" was taken out, and had not taken it.
    for (sending, name) in [(a, "a"), (b, "b")] {
        let error = soon(sending).await.unwrap_err().downcast::<SendError>().unwrap();
        assert_eq!(error.into_body::<String>().unwrap(), name);
    }
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

/// Sends to itself through a handle in another task, and in its handler.
struct ToItself(Gate);

impl ockam_core::Worker for ToItself {
    type Context = Context;
    type Message = String;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: ockam_core::Routed<String>,
    ) -> Result<()> {
        if *msg == "begin" {
            let address = ctx.address();
            ctx.send(address.clone(), "next".to_string()).await?;
            // Only its own end of the call could make room for this one.
            let error = ctx.send(address.clone(), "too many".to_string()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Full);
            let handle = ctx.handle();
            let mut sending: Sending =
                Box::pin(async move { handle.send(address, "from elsewhere".to_string()).await });
            assert!(poll(sending.as_mut()).is_pending());
            tokio::spawn(sending);
        }
        self.0.enter().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_waits_in_its_own_line_in_another_task_and_not_in_its_handler() {
    let (ctx, gate) = (node(), Gate::new());
    let worker = WorkerBuilder::new(ToItself(gate.clone())).with_address("self");
    worker.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("self", "begin".to_string()).await.unwrap();
    gate.open(3);
    for _ in 0..3 {
        gate.reached().await;
    }
}
