//! Stopping a node.

use crate::support::{
    Echoer, Gate, Outcome, PATIENCE, Trace, Tracer, eventually, node, poll, settle, soon,
};
use ockam_core::{Address, ErrorKind, Mailbox, Mailboxes, Result, Routed, Worker};
use ockam_node::{
    Context, DeadLetterReason, MessageReceiveOptions, NodeBuilder, StopError, StopOrder,
    WorkerBuilder,
};
use std::pin::pin;
use std::time::Duration;

async fn tracer(ctx: &Context) -> (Trace, Gate) {
    let (trace, gate) = (Trace::new(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    (trace, gate)
}

#[tokio::test]
async fn a_stopped_node_has_shut_every_worker_down() {
    let mut ctx = node();
    let trace = Trace::new();
    for number in 0..100 {
        ctx.start_worker(format!("{number}"), Tracer::new(&trace)).await.unwrap();
        if number % 2 == 0 {
            ctx.send(format!("{number}"), "1".to_string()).await.unwrap();
        }
    }
    soon(ctx.stop()).await.unwrap();
    assert_eq!(trace.count("end 1"), 50);
    assert_eq!(trace.count("shutdown"), 100);
    assert_eq!(trace.count("drop"), 100);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}

#[tokio::test]
async fn stopping_a_node_twice_is_fine() {
    let mut ctx = node();
    let (trace, _) = tracer(&ctx).await;
    soon(ctx.stop()).await.unwrap();
    soon(ctx.stop()).await.unwrap();
    soon(ctx.shutdown()).await.unwrap();
    soon(ctx.stop_timeout(1)).await.unwrap();
    soon(ctx.stop_now()).await.unwrap();
    assert_eq!(trace.count("shutdown"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn stopping_a_node_from_several_tasks_at_once_is_fine() {
    let mut ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let stops: Vec<_> = (0..4)
        .map(|_| {
            let handle = ctx.handle();
            tokio::spawn(async move { handle.stop().await })
        })
        .collect();
    gate.open(1);
    soon(ctx.stop()).await.unwrap();
    for stop in stops {
        soon(stop).await.unwrap().unwrap();
    }
    soon(ctx.stopped()).await;
    assert_eq!(trace.count("shutdown"), 1);
}

/// Says farewell to another worker in its `shutdown`.
struct Farewell(&'static str);

impl Worker for Farewell {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        Ok(())
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        ctx.send(self.0, "farewell".to_string()).await
    }
}

#[tokio::test]
async fn what_is_said_at_the_end_passes_channels_and_then_transports() {
    let (mut ctx, trace) = (node(), Trace::new());
    let transport = WorkerBuilder::new(Tracer::new(&trace)).with_address("transport");
    transport.with_stop_order(StopOrder::Transport).start(&ctx).await.unwrap();
    let channel = WorkerBuilder::new(Farewell("transport")).with_address("channel");
    channel.with_stop_order(StopOrder::Channel).start(&ctx).await.unwrap();
    for number in 0..10 {
        ctx.start_worker(format!("{number}"), Farewell("transport")).await.unwrap();
        ctx.start_worker(format!("to the channel {number}"), Farewell("channel")).await.unwrap();
    }
    soon(ctx.stop()).await.unwrap();
    assert_eq!(trace.count("end farewell"), 11);
    assert_eq!(trace.events().last().map(String::as_str), Some("drop"));
    let lost: u64 = ctx.dead_letters().counts().iter().map(|(_, count)| count).sum();
    assert_eq!(lost, 0);
}

#[tokio::test]
async fn when_no_time_is_left_everybody_shuts_down_without_an_order() {
    let (ctx, trace) = (node(), Trace::new());
    let (_, gate) = tracer(&ctx).await;
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let transport = WorkerBuilder::new(Tracer::new(&trace)).with_address("transport");
    transport.with_stop_order(StopOrder::Transport).start(&ctx).await.unwrap();
    let error = soon(ctx.stop_within(Duration::from_millis(20))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(trace.count("shutdown"), 1);
}

#[tokio::test]
async fn a_node_may_be_stopped_from_inside_a_handler() {
    let ctx = node();
    let (trace, _) = tracer(&ctx).await;
    ctx.start_worker("other", Tracer::new(&trace)).await.unwrap();
    for text in ["stop node", "next"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    soon(ctx.stopped()).await;
    assert_eq!(trace.count("end stop node"), 1, "its handler finishes");
    assert_eq!(trace.count("end next"), 1, "and so does its queue");
    assert_eq!(trace.count("shutdown"), 2);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}

#[tokio::test]
async fn a_node_may_be_stopped_from_initialize() {
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_initialize(Outcome::StopNode);
    if let Err(error) = soon(ctx.start_worker("tracer", tracer)).await {
        assert_eq!(error.kind(), ErrorKind::Stopped);
    }
    soon(ctx.stopped()).await;
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_node_may_be_stopped_from_shutdown() {
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_shutdown(Outcome::StopNode);
    ctx.start_worker("tracer", tracer).await.unwrap();
    let _ = soon(ctx.stop_worker("tracer")).await;
    soon(ctx.stopped()).await;
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_node_may_be_stopped_while_a_worker_starts() {
    let (mut ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let handle = ctx.handle();
    let start = tokio::spawn(async move { handle.start_worker("tracer", tracer).await });
    gate.reached().await;
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop().await });
    settle().await;
    gate.open(1);
    soon(stop).await.unwrap().unwrap();
    if let Err(error) = soon(start).await.unwrap() {
        assert_eq!(error.kind(), ErrorKind::Stopped);
    }
    soon(ctx.stop()).await.unwrap();
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_start_while_the_node_stops_is_an_error_that_says_so() {
    let mut ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop().await });
    settle().await;
    let late = Trace::new();
    for _ in 0..2 {
        let error = ctx.start_worker("late", Tracer::new(&late)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        for part in ["0#late", "stop"] {
            assert!(error.to_string().contains(part), "{error}");
        }
        gate.open(1);
        soon(ctx.stop()).await.unwrap();
    }
    soon(stop).await.unwrap().unwrap();
    assert_eq!(late.events(), ["drop", "drop"], "it was never initialized");
    assert_eq!(trace.count("shutdown"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_cuts_off_what_is_left_and_the_error_names_it() {
    let mut ctx = node();
    let (trace, _gate) = tracer(&ctx).await;
    for text in ["gate", "1", "2", "3"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let start = tokio::time::Instant::now();
    let error = ctx.stop().await.unwrap_err();
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(2), "{took:?}");

    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let text = error.to_string();
    for part in ["0#tracer", "Tracer", "3 messages"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("echoer"), "{text}");
    let error = error.downcast::<StopError>().unwrap();
    let cut_off: Vec<_> = error.cut_off().collect();
    assert_eq!(cut_off, [(&Address::from("tracer"), "Tracer")]);
    assert_eq!(error.undelivered(), 3);

    settle().await;
    let counted = ctx.dead_letters().count(DeadLetterReason::CutOff);
    assert_eq!(counted, 3 + 1, "those that waited, and the one whose handler was cut off");
    assert_eq!(trace.count("drop"), 1, "what was cut off is dropped");
    assert_eq!(trace.count("shutdown"), 0, "its handler held the worker");
    assert_eq!(trace.count("begin 1"), 0);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
    ctx.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_stop_names_five_of_those_that_were_cut_off() {
    for (workers, messages, expected) in [
        (1, 0, " 1 busy worker: 0#w0 (`Tracer`)"),
        (1, 1, " 1 busy worker: 0#w0 (`Tracer`); 1 message was not handled"),
        (2, 1, " 2 busy workers: 0#w0 (`Tracer`) 0#w1 (`Tracer`); 2 messages were not handled"),
        (
            5,
            0,
            " 5 busy workers: 0#w0 (`Tracer`) 0#w1 (`Tracer`) 0#w2 (`Tracer`) 0#w3 (`Tracer`) \
             0#w4 (`Tracer`)",
        ),
        (
            6,
            0,
            " 6 busy workers: 0#w0 (`Tracer`) 0#w1 (`Tracer`) 0#w2 (`Tracer`) 0#w3 (`Tracer`) \
             0#w4 (`Tracer`) ...",
        ),
    ] {
        let (mut ctx, gate) = (node(), Gate::new());
        for number in 0..workers {
            let address = format!("w{number}");
            let tracer = Tracer::new(&Trace::new()).with_gate(&gate);
            ctx.start_worker(address.clone(), tracer).await.unwrap();
            for _ in 0..=messages {
                ctx.send(address.clone(), "gate".to_string()).await.unwrap();
            }
            gate.reached().await;
        }
        let error = ctx.stop().await.unwrap_err().to_string();
        assert_eq!(error, format!("the node stopped at its deadline and cut off{expected}"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_node_is_that_of_its_builder_or_of_the_call() {
    let builder = NodeBuilder::new().with_stop_timeout(Duration::from_secs(20));
    let mut ctx = builder.clone().build().unwrap();
    let _gate = tracer(&ctx).await;
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    let start = tokio::time::Instant::now();
    assert!(ctx.stop().await.is_err());
    assert!(start.elapsed() >= Duration::from_secs(20));

    let mut ctx = builder.build().unwrap();
    let _gate = tracer(&ctx).await;
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    let start = tokio::time::Instant::now();
    assert!(ctx.stop_timeout(5).await.is_err());
    assert!(start.elapsed() >= Duration::from_secs(5));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn stop_now_does_not_wait_for_a_busy_worker() {
    let mut ctx = node();
    let (trace, _gate) = tracer(&ctx).await;
    for text in ["gate", "1"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    ctx.start_worker("idle", Tracer::new(&trace)).await.unwrap();
    settle().await;
    let start = tokio::time::Instant::now();
    let error = ctx.stop_now().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_millis(500));
    assert!(error.to_string().contains("0#tracer"), "{error}");
    settle().await;
    assert_eq!(trace.count("shutdown"), 1, "the idle one is shut down");
    assert_eq!(trace.count("drop"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_hangs_is_cut_off() {
    let (mut ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_shutdown(Outcome::Wait);
    ctx.start_worker("tracer", tracer).await.unwrap();
    let error = ctx.stop().await.unwrap_err();
    assert!(error.to_string().contains("0#tracer"), "{error}");
    settle().await;
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test(start_paused = true)]
async fn an_initialize_that_hangs_does_not_keep_the_node() {
    let (mut ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let handle = ctx.handle();
    let start = tokio::spawn(async move { handle.start_worker("tracer", tracer).await });
    gate.reached().await;
    let error = ctx.stop().await.unwrap_err();
    assert!(error.to_string().contains("0#tracer"), "{error}");
    gate.open(1);
    assert_eq!(soon(start).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
    assert_eq!(trace.count("drop"), 1);
}

#[tokio::test(start_paused = true)]
async fn an_initialize_that_hangs_leaves_the_others_the_time_for_their_shutdown() {
    let (mut ctx, starts, shuts_down) = (node(), Gate::new(), Gate::new());
    let tracer = Tracer::new(&Trace::new()).with_gate(&starts).with_initialize(Outcome::Wait);
    let handle = ctx.handle();
    tokio::spawn(async move { handle.start_worker("starts", tracer).await });
    starts.reached().await;
    let trace = Trace::new();
    let tracer = Tracer::new(&trace).with_gate(&shuts_down).with_shutdown(Outcome::Wait);
    ctx.start_worker("shuts down", tracer).await.unwrap();
    let handle = ctx.handle();
    tokio::spawn(async move {
        shuts_down.reached().await;
        handle.sleep(Duration::from_millis(900)).await;
        shuts_down.open(1);
    });
    // A second by default is enough for that.
    let error = ctx.stop().await.unwrap_err().downcast::<StopError>().unwrap();
    assert_eq!(error.cut_off().collect::<Vec<_>>(), [(&Address::from("starts"), "Tracer")]);
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_receive_ends_when_the_node_stops() {
    let ctx = node();
    let mut other =
        ctx.new_detached("other", ockam_core::AllowAll, ockam_core::AllowAll).await.unwrap();
    ctx.send("other", "last".to_string()).await.unwrap();
    let receive = tokio::spawn(async move {
        let forever = || MessageReceiveOptions::new().without_timeout();
        let last = other.receive_extended::<String>(forever()).await.unwrap();
        assert_eq!(last, "last".to_string());
        other.receive_extended::<String>(forever()).await
    });
    settle().await;
    soon(ctx.handle().stop()).await.unwrap();
    let error = soon(receive).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
}

#[tokio::test]
async fn a_stop_goes_on_when_its_caller_goes_away() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    {
        let handle = ctx.handle();
        let mut stop = pin!(handle.stop());
        assert!(poll(stop.as_mut()).is_pending());
    }
    gate.open(1);
    assert!(tokio::time::timeout(PATIENCE, ctx.stopped()).await.is_ok());
    assert_eq!(trace.count("end gate"), 1);
    eventually("it has ended", || trace.count("drop") == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_with_several_addresses_is_cut_off_once() {
    let (mut ctx, gate) = (node(), Gate::new());
    let more = ["b", "c"].map(Mailbox::allow_all).into();
    WorkerBuilder::new(Tracer::new(&Trace::new()).with_gate(&gate))
        .with_mailboxes(Mailboxes::new(Mailbox::allow_all("a"), more))
        .start(&ctx)
        .await
        .unwrap();
    ctx.send("b", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let error = ctx.stop().await.unwrap_err().downcast::<StopError>().unwrap();
    assert_eq!(error.cut_off().collect::<Vec<_>>(), [(&Address::from("a"), "Tracer")]);
    assert_eq!(error.undelivered(), 0);
}
