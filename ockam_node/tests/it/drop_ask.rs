//! Asks that are dropped at any await.

use crate::support::{Echoer, Gate, Trace, Tracer, node, poll, settle, soon};
use ockam_core::{Address, route};
use ockam_node::{Context, WorkerBuilder};
use std::pin::pin;

const POLLS: usize = 6;

/// What is to hold after an ask was dropped, whenever that was.
async fn assert_nothing_is_left(ctx: &mut Context, workers: &[Address]) {
    settle().await;
    assert_eq!(ctx.list_workers(), workers);
    for _ in 0..3 {
        let next = ctx.send_and_receive::<String>("echoer", "next".to_string());
        assert_eq!(soon(next).await.unwrap(), "next");
    }
    // No answer goes astray into the mailbox of the asker.
    assert!(ctx.try_receive::<String>().unwrap().is_none());
    assert_eq!(ctx.list_workers(), workers);
}

#[tokio::test]
async fn dropping_an_ask_at_any_await_leaks_no_address_and_disturbs_no_other_ask() {
    for polls in 0..POLLS {
        for settles in [false, true] {
            let mut ctx = node();
            ctx.start_worker("echoer", Echoer).await.unwrap();
            let workers = ctx.list_workers();
            {
                let mut ask = pin!(ctx.send_and_receive::<String>("echoer", "dropped".to_string()));
                for _ in 0..polls {
                    if poll(ask.as_mut()).is_ready() {
                        break;
                    }
                    if settles {
                        settle().await;
                    }
                }
                assert_eq!(ctx.list_workers(), workers, "an ask is no worker");
            }
            assert_nothing_is_left(&mut ctx, &workers).await;
        }
    }
}

#[tokio::test]
async fn dropping_an_ask_through_hops_at_any_await_leaks_nothing() {
    for polls in 0..POLLS {
        let mut ctx = node();
        ctx.start_worker("echoer", Echoer).await.unwrap();
        ctx.start_worker("hop", crate::support::Hop).await.unwrap();
        let workers = ctx.list_workers();
        {
            let route = route!["hop", "hop", "echoer"];
            let mut ask = pin!(ctx.send_and_receive::<String>(route, "dropped".to_string()));
            for _ in 0..polls {
                if poll(ask.as_mut()).is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        assert_nothing_is_left(&mut ctx, &workers).await;
    }
}

#[tokio::test]
async fn dropping_an_ask_that_stands_in_line_takes_only_its_own_message_along() {
    for polls in 1..POLLS {
        let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
        let tracer = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate));
        tracer.with_address("small").with_mailbox_capacity(1).start(&ctx).await.unwrap();
        ctx.send("small", "gate".to_string()).await.unwrap();
        gate.reached().await;
        ctx.send("small", "first".to_string()).await.unwrap();
        let handle = ctx.handle();
        let mut ask = Box::pin(ctx.send_and_receive::<String>("small", "fail".to_string()));
        assert!(poll(ask.as_mut()).is_pending());
        let behind = tokio::spawn(async move { handle.send("small", "behind".to_string()).await });
        for _ in 1..polls {
            settle().await;
            assert!(poll(ask.as_mut()).is_pending());
        }
        drop(ask);
        settle().await;
        gate.open(1);
        soon(behind).await.unwrap().unwrap();
        ctx.stop_worker("small").await.unwrap();
        assert_eq!(trace.count("begin fail"), 0, "it was in line when it was dropped");
        assert_eq!((trace.count("begin first"), trace.count("begin behind")), (1, 1));
    }
}

#[tokio::test]
async fn a_worker_whose_asker_has_gone_goes_on() {
    let (mut ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.start_worker("tracer", Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    for text in ["echo", "fail", "echo"] {
        let mut ask = pin!(ctx.send_and_receive::<String>("tracer", text.to_string()));
        assert!(poll(ask.as_mut()).is_pending());
    }
    gate.open(1);
    let ask = ctx.send_and_receive::<String>("tracer", "echo".to_string());
    assert_eq!(soon(ask).await.unwrap(), "echo");
    assert_eq!(trace.count("begin echo"), 3);
    let workers = ctx.list_workers();
    assert_nothing_is_left(&mut ctx, &workers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn aborting_askers_anywhere_leaves_the_others_their_answers() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let workers = ctx.list_workers();
    let steady = {
        let handle = ctx.handle();
        tokio::spawn(async move {
            for number in 0..1000 {
                let question = number.to_string();
                let answer: String =
                    handle.send_and_receive("echoer", question.clone()).await.unwrap();
                assert_eq!(answer, question);
            }
        })
    };
    for _ in 0..300 {
        let handle = ctx.handle();
        let flighty = tokio::spawn(async move {
            loop {
                let ask = handle.send_and_receive::<String>("echoer", "flighty".to_string());
                assert_eq!(ask.await.unwrap(), "flighty");
            }
        });
        tokio::task::yield_now().await;
        flighty.abort();
        let _ = flighty.await;
    }
    soon(steady).await.unwrap();
    assert_eq!(ctx.list_workers(), workers);
}
