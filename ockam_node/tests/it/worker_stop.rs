//! Stopping a worker.

use crate::support::{Echoer, Gate, Outcome, Trace, Tracer, eventually, node, poll, settle, soon};
use ockam_core::{Address, ErrorKind};
use ockam_node::{Context, SendError};
use std::pin::pin;

async fn tracer(ctx: &Context) -> (Trace, Gate) {
    let (trace, gate) = (Trace::new(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    (trace, gate)
}

async fn tell(ctx: &Context, texts: &[&str]) {
    for text in texts {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
}

/// Two stops are fine; that nobody is there any more may be said.
fn assert_fine(outcome: ockam_core::Result<()>) {
    if let Err(error) = outcome {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}

#[tokio::test]
async fn a_stopped_worker_finishes_its_handler_then_its_queue_then_shutdown() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    tell(&ctx, &["gate", "1", "2"]).await;
    gate.reached().await;
    let mut stop = pin!(ctx.stop_worker("tracer"));
    assert!(poll(stop.as_mut()).is_pending());
    settle().await;
    assert_eq!(trace.events(), ["initialize", "begin gate"]);
    gate.open(1);
    soon(stop).await.unwrap();
    let expected = [
        "initialize",
        "begin gate",
        "end gate",
        "begin 1",
        "end 1",
        "begin 2",
        "end 2",
        "shutdown",
        "drop",
    ];
    assert_eq!(trace.events(), expected);
}

#[tokio::test]
async fn a_stopped_worker_leaves_its_address_to_a_new_one() {
    let ctx = node();
    for _ in 0..100 {
        let (trace, _) = tracer(&ctx).await;
        ctx.stop_worker("tracer").await.unwrap();
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
        assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
    }
}

#[tokio::test]
async fn later_senders_get_an_error_that_holds_their_message() {
    let ctx = node();
    let (_, gate) = tracer(&ctx).await;
    tell(&ctx, &["gate"]).await;
    gate.reached().await;
    let mut stop = pin!(ctx.stop_worker("tracer"));
    assert!(poll(stop.as_mut()).is_pending());

    let error = ctx.send("tracer", "during".to_string()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("0#tracer"), "{error}");
    let error = error.downcast::<SendError>().unwrap();
    assert_eq!(error.into_body::<String>().unwrap(), "during");
    let error = ctx.try_send("tracer", "try".to_string()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert_eq!(error.into_body::<String>().unwrap(), "try");

    gate.open(1);
    soon(stop).await.unwrap();
    let error = ctx.send("tracer", "after".to_string()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = error.downcast::<SendError>().unwrap();
    assert_eq!(error.into_body::<String>().unwrap(), "after");
}

#[tokio::test]
async fn a_worker_that_stops_itself_finishes_its_handler_and_its_queue() {
    for text in ["stop self", "stop self twice"] {
        let ctx = node();
        let (trace, gate) = tracer(&ctx).await;
        tell(&ctx, &["gate", text, "next"]).await;
        gate.open(1);
        eventually("it has ended", || trace.count("drop") == 1).await;
        let events = trace.events();
        let (begin, end) = (format!("begin {text}"), format!("end {text}"));
        let expected = [
            "initialize",
            "begin gate",
            "end gate",
            &begin,
            &end,
            "begin next",
            "end next",
            "shutdown",
            "drop",
        ];
        assert_eq!(events, expected);
        eventually("its address is free", || ctx.list_workers().len() == 1).await;
        tracer(&ctx).await;
    }
}

#[tokio::test]
async fn a_worker_that_stops_itself_in_initialize_ends_well() {
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_initialize(Outcome::StopSelf);
    let outcome = soon(ctx.start_worker("tracer", tracer)).await;
    if let Err(error) = outcome {
        assert_eq!(error.kind(), ErrorKind::Stopped);
    }
    eventually("it has ended", || trace.count("drop") == 1).await;
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
    eventually("its address is free", || ctx.list_workers().len() == 1).await;
    ctx.start_worker("tracer", Echoer).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_stops_itself_in_shutdown_ends_well() {
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_shutdown(Outcome::StopSelf);
    ctx.start_worker("tracer", tracer).await.unwrap();
    soon(ctx.stop_worker("tracer")).await.unwrap();
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn stopping_a_worker_twice_is_fine() {
    let ctx = node();
    let (trace, _) = tracer(&ctx).await;
    soon(ctx.stop_worker("tracer")).await.unwrap();
    assert_fine(soon(ctx.stop_worker("tracer")).await);
    assert_eq!(trace.count("shutdown"), 1);
}

#[tokio::test]
async fn stopping_a_worker_twice_at_once_is_fine() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    tell(&ctx, &["gate", "next"]).await;
    gate.reached().await;
    let stops: Vec<_> = (0..3)
        .map(|_| {
            let handle = ctx.handle();
            tokio::spawn(async move { handle.stop_worker("tracer").await })
        })
        .collect();
    settle().await;
    gate.open(1);
    for stop in stops {
        assert_fine(soon(stop).await.unwrap());
    }
    assert_eq!(trace.count("shutdown"), 1);
    assert_eq!(trace.count("end next"), 1);
}

#[tokio::test]
async fn another_worker_may_stop_it_from_its_handler() {
    use ockam_core::{Result, Routed, Worker};
    struct Stopper;
    impl Worker for Stopper {
        type Context = Context;
        type Message = String;
        async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
            ctx.stop_worker(msg.as_str()).await?;
            ctx.send(msg.return_route(), "stopped".to_string()).await
        }
    }
    let ctx = node();
    let (trace, _) = tracer(&ctx).await;
    ctx.start_worker("stopper", Stopper).await.unwrap();
    tell(&ctx, &["1"]).await;
    let ask = ctx.send_and_receive::<String>("stopper", "tracer".to_string());
    assert_eq!(soon(ask).await.unwrap(), "stopped");
    assert_eq!(trace.events(), ["initialize", "begin 1", "end 1", "shutdown", "drop"]);
    assert!(!ctx.is_worker_registered_at("tracer"));
}

#[tokio::test]
async fn a_stop_during_start_up_ends_well() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let handle = ctx.handle();
    let start = tokio::spawn(async move { handle.start_worker("tracer", tracer).await });
    gate.reached().await;
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop_worker("tracer").await });
    settle().await;
    gate.open(1);
    soon(stop).await.unwrap().unwrap();
    let error = soon(start).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert_eq!(error.to_string(), "0#tracer was stopped while it started");
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}

#[tokio::test]
async fn a_stop_goes_on_when_its_caller_goes_away() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    tell(&ctx, &["gate", "1"]).await;
    gate.reached().await;
    {
        let mut stop = pin!(ctx.stop_worker("tracer"));
        assert!(poll(stop.as_mut()).is_pending());
    }
    gate.open(1);
    eventually("it has ended", || trace.count("drop") == 1).await;
    assert_eq!(trace.count("end 1"), 1);
    assert_eq!(trace.count("shutdown"), 1);
    eventually("its address is free", || ctx.list_workers().len() == 1).await;
}

#[tokio::test]
async fn a_shutdown_that_fails_or_panics_ends_the_worker_all_the_same() {
    for outcome in [Outcome::Fail, Outcome::Panic] {
        let (ctx, trace) = (node(), Trace::new());
        let tracer = Tracer::new(&trace).with_shutdown(outcome);
        ctx.start_worker("tracer", tracer).await.unwrap();
        tell(&ctx, &["1"]).await;
        soon(ctx.stop_worker("tracer")).await.unwrap();
        assert_eq!(trace.count("shutdown"), 1);
        ctx.start_worker("tracer", Echoer).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_stays_busy_makes_the_stop_time_out_and_ends_when_it_is_done() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    tell(&ctx, &["gate"]).await;
    gate.reached().await;
    let error = ctx.stop_worker("tracer").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("0#tracer"), "{error}");
    gate.open(1);
    eventually("it has ended", || trace.count("drop") == 1).await;
    assert_eq!(trace.count("end gate"), 1);
}

#[tokio::test]
async fn a_worker_that_is_not_there_cannot_be_stopped() {
    let error = node().stop_worker("nobody").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("0#nobody"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_messages_sent_while_the_worker_stops_each_is_handled_or_given_back() {
    for _ in 0..30 {
        let ctx = node();
        let (trace, _) = tracer(&ctx).await;
        let senders: Vec<_> = (0..3)
            .map(|sender| {
                let handle = ctx.handle();
                tokio::spawn(async move {
                    let mut sent = Vec::new();
                    for number in 0.. {
                        let text = format!("{sender}.{number}");
                        match handle.send("tracer", text.clone()).await {
                            Ok(()) => sent.push(format!("begin {text}")),
                            Err(error) => {
                                let error = error.downcast::<SendError>().unwrap();
                                assert_eq!(error.into_body::<String>().unwrap(), text);
                                break;
                            }
                        }
                    }
                    sent
                })
            })
            .collect();
        tokio::task::yield_now().await;
        soon(ctx.stop_worker("tracer")).await.unwrap();
        let mut sent = Vec::new();
        for sender in senders {
            sent.extend(soon(sender).await.unwrap());
        }
        let mut handled = trace.events();
        handled.retain(|event| event.starts_with("begin "));
        sent.sort_unstable();
        handled.sort_unstable();
        assert_eq!(sent, handled);
    }
}
