//! Starts, stops and waits that are dropped at any await.

use crate::support::{Echoer, Trace, eventually, node, poll, settle, soon};
use ockam_core::{Address, Mailbox, Mailboxes, Result, Routed, Worker};
use ockam_node::{Context, WorkerBuilder};
use std::pin::pin;

const POLLS: usize = 9;

/// Takes some turns for each step of its life.
struct Slow {
    trace: Trace,
    fails: bool,
}

async fn turns() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

impl Worker for Slow {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("initialize");
        turns().await;
        if self.fails { Err(crate::support::failure()) } else { Ok(()) }
    }

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        turns().await;
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("shutdown");
        turns().await;
        Ok(())
    }
}

/// Drops a start after some polls. `true` says that it was done, and well.
async fn drop_start(ctx: &Context, trace: &Trace, fails: bool, polls: usize) -> bool {
    let worker = WorkerBuilder::new(Slow { trace: trace.clone(), fails });
    let mailboxes = Mailboxes::new(Mailbox::allow_all("slow"), vec![Mailbox::allow_all("alias")]);
    let mut start = pin!(worker.with_mailboxes(mailboxes).start(ctx));
    for _ in 0..polls {
        if let std::task::Poll::Ready(outcome) = poll(start.as_mut()) {
            return outcome.is_ok();
        }
        settle().await;
    }
    false
}

async fn assert_free(ctx: &Context, polls: usize) {
    eventually(&format!("the addresses are free after {polls} polls"), || {
        ctx.list_workers() == [Address::from("app")]
    })
    .await;
    for address in ["slow", "alias"] {
        ctx.start_worker(address, Echoer).await.unwrap();
        let ask = ctx.send_and_receive::<String>(address, "Hello".to_string());
        assert_eq!(soon(ask).await.unwrap(), "Hello");
    }
}

#[tokio::test]
async fn dropping_a_start_at_any_await_frees_the_addresses() {
    let mut started = false;
    for polls in 0..POLLS {
        let (ctx, trace) = (node(), Trace::new());
        if drop_start(&ctx, &trace, false, polls).await {
            started = true;
            soon(ctx.stop_worker("slow")).await.unwrap();
            assert_eq!(trace.events(), ["initialize", "shutdown"]);
        }
        assert_free(&ctx, polls).await;
    }
    assert!(started, "the loop does not reach the end");
}

#[tokio::test]
async fn dropping_a_start_that_fails_at_any_await_frees_the_addresses() {
    for polls in 0..POLLS {
        let (ctx, trace) = (node(), Trace::new());
        assert!(!drop_start(&ctx, &trace, true, polls).await);
        assert_free(&ctx, polls).await;
        assert!(trace.count("shutdown") <= 1);
    }
}

#[tokio::test]
async fn dropping_a_start_that_is_stopped_meanwhile_at_any_await_frees_the_addresses() {
    for polls in 1..POLLS {
        let (ctx, trace) = (node(), Trace::new());
        let handle = ctx.handle();
        let stop = {
            let worker = Slow { trace: trace.clone(), fails: false };
            let mut start = pin!(ctx.start_worker("slow", worker));
            assert!(poll(start.as_mut()).is_pending());
            let stop = tokio::spawn(async move { handle.stop_worker("slow").await });
            settle().await;
            for _ in 1..polls {
                if poll(start.as_mut()).is_ready() {
                    break;
                }
                settle().await;
            }
            stop
        };
        soon(stop).await.unwrap().unwrap();
        assert_free(&ctx, polls).await;
        assert!(trace.count("shutdown") <= 1);
    }
}

#[tokio::test]
async fn messages_to_a_start_that_is_dropped_are_accounted_for() {
    let (ctx, trace) = (node(), Trace::new());
    let handle = ctx.handle();
    let ask = {
        let worker = Slow { trace: trace.clone(), fails: false };
        let mut start = pin!(ctx.start_worker("slow", worker));
        assert!(poll(start.as_mut()).is_pending());
        let ask = tokio::spawn(async move {
            handle.send_and_receive::<String>("slow", "Hello".to_string()).await
        });
        settle().await;
        ask
    };
    let error = soon(ask).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ockam_core::ErrorKind::Stopped);
}

#[tokio::test]
async fn dropping_a_stop_at_any_await_lets_the_worker_end() {
    for polls in 1..POLLS {
        let (ctx, trace) = (node(), Trace::new());
        let worker = Slow { trace: trace.clone(), fails: false };
        ctx.start_worker("slow", worker).await.unwrap();
        ctx.send("slow", "1".to_string()).await.unwrap();
        {
            let mut stop = pin!(ctx.stop_worker("slow"));
            for _ in 0..polls {
                if poll(stop.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert_free(&ctx, polls).await;
        assert_eq!(trace.count("shutdown"), 1);
    }
}

#[tokio::test]
async fn dropping_a_stop_of_a_sleeping_worker_at_any_await_lets_it_end() {
    for polls in 1..POLLS {
        let (ctx, trace) = (node(), Trace::new());
        ctx.start_worker("slow", Slow { trace: trace.clone(), fails: false }).await.unwrap();
        {
            let mut stop = pin!(ctx.stop_worker("slow"));
            for _ in 0..polls {
                if poll(stop.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert_free(&ctx, polls).await;
        assert_eq!(trace.events(), ["initialize", "shutdown"]);
    }
}

#[tokio::test]
async fn dropping_a_wait_for_leaves_the_others_waiting_and_woken() {
    let ctx = node();
    {
        let mut dropped = pin!(ctx.wait_for("slow"));
        assert!(poll(dropped.as_mut()).is_pending());
    }
    let handle = ctx.handle();
    let waiting = tokio::spawn(async move { handle.wait_for("slow").await });
    settle().await;
    ctx.start_worker("slow", Echoer).await.unwrap();
    soon(waiting).await.unwrap().unwrap();
}
