//! A kill beside other kills, senders, askers, the stop of the node, and the worker's own events.

use crate::kill::{CUT_OFF, kill, tell, tracer};
use crate::support::{Echoer, Gate, eventually, node, soon};
use ockam_core::{Address, ErrorKind, Result, Routed, Worker};
use ockam_node::{Context, DelayedEvent};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_kills_at_once_both_succeed_and_one_counts_the_messages() {
    for _ in 0..200 {
        let ctx = node();
        let (trace, gate) = tracer(&ctx).await;
        tell(&ctx, &["gate", "1", "2", "3"]).await;
        gate.reached().await;
        let kills = [(); 2].map(|()| {
            let handle = ctx.handle();
            tokio::spawn(async move { handle.kill("tracer").await })
        });
        let (mut killed, mut undelivered) = (0, 0);
        for kill in kills {
            match soon(kill).await.unwrap() {
                Ok(one) => {
                    killed += 1;
                    undelivered += one.undelivered();
                }
                Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound, "{error}"),
            }
        }
        assert!(killed > 0);
        assert_eq!(undelivered, 3);
        eventually("it is dropped", || trace.count("drop") == 1).await;
        eventually("all is reported", || ctx.dead_letters().count(CUT_OFF) >= 4).await;
        assert_eq!(ctx.dead_letters().count(CUT_OFF), 4);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_messages_sent_while_the_worker_is_killed_each_is_handled_or_accounted_for() {
    for _ in 0..100 {
        let ctx = node();
        let (trace, _) = tracer(&ctx).await;
        let senders: Vec<_> = (0..3)
            .map(|_| {
                let handle = ctx.handle();
                tokio::spawn(async move {
                    let mut sent = 0;
                    while handle.send("tracer", "message".to_string()).await.is_ok() {
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        eventually("it works", || trace.count("end message") > 10).await;
        let killed = kill(&ctx, "tracer").await;
        let mut sent = 0;
        for sender in senders {
            sent += soon(sender).await.unwrap();
        }
        eventually("it is dropped", || trace.count("drop") == 1).await;
        let handled = trace.count("begin message");
        let cut_off = ctx.dead_letters().count(CUT_OFF) as usize;
        // A handler that never waits is not dropped in the middle.
        assert_eq!(handled + cut_off, sent);
        if killed.is_dropped() {
            assert_eq!(killed.undelivered(), cut_off);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_kill_beside_the_stop_of_the_node_ends_well() {
    for round in 0..100 {
        let ctx = node();
        let (trace, gate) = tracer(&ctx).await;
        tell(&ctx, &["gate", "1"]).await;
        gate.reached().await;
        let handle = ctx.handle();
        let stop = tokio::spawn(async move { handle.stop().await });
        if round % 2 == 0 {
            ctx.stopping().await;
        }
        kill(&ctx, "tracer").await;
        soon(stop).await.unwrap().unwrap();
        eventually("it is dropped", || trace.count("drop") == 1).await;
        assert_eq!(trace.count("shutdown"), 0);
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_asker_that_learns_of_a_kill_finds_the_address_free() {
    let ctx = node();
    for round in 0..2_000 {
        let (trace, gate) = tracer(&ctx).await;
        let handle = ctx.handle();
        // The one that is handled, one in the mailbox.
        let asks = ["gate", "queued"].map(|text| {
            let handle = handle.clone();
            async move { handle.send_and_receive::<String>("tracer", text.to_string()).await }
        });
        let [first, second] = asks;
        let first = tokio::spawn(first);
        gate.reached().await;
        let asker = if round % 2 == 0 { first } else { tokio::spawn(second) };
        let restart = tokio::spawn(async move {
            asker.await.unwrap().unwrap_err();
            handle.start_worker("tracer", Echoer).await
        });
        if round % 2 == 1 {
            let queued = || ctx.progress_at(&"tracer".into()).is_some();
            eventually("the worker is there", queued).await;
        }
        let killed = ctx.kill("tracer").await.unwrap();
        soon(restart).await.unwrap().unwrap();
        assert!(killed.undelivered() <= 1);
        soon(ctx.stop_worker("tracer")).await.unwrap();
        drop(trace);
    }
}

/// Makes its events due while it handles a message, one of them in the hands of the test.
struct Ticks(Gate, tokio::sync::mpsc::UnboundedSender<DelayedEvent<String>>);

impl Worker for Ticks {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<String>) -> Result<()> {
        let mut kept = DelayedEvent::create(ctx, "app", "kept".to_string()).await?;
        kept.schedule(Duration::from_millis(50)).await?;
        let mut given = DelayedEvent::create(ctx, "app", "given away".to_string()).await?;
        given.schedule(Duration::from_millis(50)).await?;
        // The test may have gone.
        let _ = self.1.send(given);
        self.0.enter().await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_a_killed_worker_are_cancelled() {
    let mut ctx = node();
    let gate = Gate::new();
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    ctx.start_worker("ticks", Ticks(gate.clone(), sender)).await.unwrap();
    ctx.send("ticks", "go".to_string()).await.unwrap();
    gate.reached().await;
    let mut given = receiver.recv().await.unwrap();
    kill(&ctx, "ticks").await;
    ctx.sleep(Duration::from_millis(200)).await;
    assert!(ctx.try_receive::<String>().unwrap().is_none());
    let error = given.schedule(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("0#ticks was killed"), "{error}");
}
