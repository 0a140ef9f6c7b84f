//! Sends that wait for a full mailbox for long, in the log.

use crate::log::{Logged, logged, record_log};
use crate::support::{Gate, Trace, Tracer, node, poll, settle};
use ockam_core::{Result, Routed, Worker};
use ockam_node::{Context, LONG_WAIT, WorkerBuilder};
use std::pin::pin;
use std::time::Duration;
use tracing::Level;

/// It may come a second later than promised.
const LATEST: Duration = LONG_WAIT.saturating_add(Duration::from_secs(2));

/// Sends eight messages to another for each that it gets.
struct Fans(&'static str);

impl Worker for Fans {
    type Context = Context;
    type Message = ();

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<()>) -> Result<()> {
        for _ in 0..8 {
            ctx.send(self.0, ()).await?;
        }
        Ok(())
    }
}

/// Returns the warnings about sends to an address.
fn warnings(to: &str) -> Vec<Logged> {
    logged(&format!("to=0#{to}; ")).into_iter().filter(|line| line.level == Level::WARN).collect()
}

#[tokio::test(start_paused = true)]
async fn two_full_mailboxes_that_wait_for_each_other_are_both_in_the_log() {
    record_log();
    let ctx = node();
    for (address, other) in [("long_a", "long_b"), ("long_b", "long_a")] {
        let builder = WorkerBuilder::new(Fans(other)).with_address(address);
        builder.with_mailbox_capacity(2).start(&ctx).await.unwrap();
    }
    ctx.send("long_a", ()).await.unwrap();
    ctx.sleep(LONG_WAIT - Duration::from_secs(1)).await;
    assert!(warnings("long_a").is_empty() && warnings("long_b").is_empty(), "too early");
    // However long they go on to wait, it is said once for each.
    ctx.sleep(20 * LATEST).await;
    for (from, to) in [("long_a", "long_b"), ("long_b", "long_a")] {
        let warnings = warnings(to);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let text = &warnings[0].text;
        for part in [
            &format!("from=0#{from}; "),
            "from_type=Fans; ",
            "to_type=Fans; ",
            "queued=2; ",
            "senders_in_line=1; ",
            "queued_at_sender=2; ",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn many_senders_to_a_worker_that_hangs_are_one_line_in_the_log() {
    record_log();
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("long_c");
    builder.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("long_c", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("long_c", "next".to_string()).await.unwrap();
    let mut sends: Vec<_> =
        (0..20).map(|_| Box::pin(ctx.send("long_c", "x".to_string()))).collect();
    for send in &mut sends {
        assert!(poll(send.as_mut()).is_pending());
    }
    ctx.sleep(LATEST).await;
    let told = warnings("long_c");
    assert_eq!(told.len(), 1, "{told:?}");
    for part in ["queued=1; ", "queued_bytes=4; ", "senders_in_line=20; "] {
        assert!(told[0].text.contains(part), "{part} is not in {told:?}");
    }
    // When the first gives up, the line has moved: the next has its own time.
    drop(sends.remove(0));
    ctx.sleep(LATEST).await;
    assert_eq!(warnings("long_c").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_was_granted_a_place_is_not_one_of_those_that_wait() {
    record_log();
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("long_e");
    builder.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("long_e", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("long_e", "gate".to_string()).await.unwrap();
    let mut sends: Vec<_> =
        (0..20).map(|_| Box::pin(ctx.send("long_e", "x".to_string()))).collect();
    for send in &mut sends {
        assert!(poll(send.as_mut()).is_pending());
    }
    // The first is granted the place of the message that is taken, and does not take it.
    gate.open(1);
    gate.reached().await;
    ctx.sleep(LATEST).await;
    let told = warnings("long_e");
    assert_eq!(told.len(), 1, "{told:?}");
    for part in ["queued=0; ", "senders_in_line=19; "] {
        assert!(told[0].text.contains(part), "{part} is not in {told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_worker_has_taken_and_not_begun_is_queued_as_well() {
    record_log();
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("long_f");
    builder.with_mailbox_capacity(16).start(&ctx).await.unwrap();
    let fill = || (0..).take_while(|_| ctx.try_send("long_f", "gate".to_string()).is_ok()).count();
    ctx.send("long_f", "gate".to_string()).await.unwrap();
    gate.reached().await;
    assert_eq!(fill(), 16);
    // It takes two of them, and begins with one.
    gate.open(1);
    gate.reached().await;
    assert_eq!(fill(), 2);
    let mut send = pin!(ctx.send("long_f", "gate".to_string()));
    assert!(poll(send.as_mut()).is_pending());
    ctx.sleep(LATEST).await;
    let told = warnings("long_f");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].text.contains("queued=17; "), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_moves_is_not_in_the_log() {
    record_log();
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("long_d");
    builder.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("long_d", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let handle = ctx.handle();
    let sends = tokio::spawn(async move {
        for _ in 0..20 {
            handle.send("long_d", "gate".to_string()).await.unwrap();
        }
    });
    for _ in 0..20 {
        settle().await;
        // Each waits for a while, and all together for much longer than the limit.
        ctx.sleep(LONG_WAIT / 2).await;
        gate.open(1);
        gate.reached().await;
    }
    sends.await.unwrap();
    assert!(warnings("long_d").is_empty(), "{:?}", warnings("long_d"));
    gate.open(1);
}
