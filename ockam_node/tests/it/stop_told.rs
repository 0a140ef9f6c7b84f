//! Who is told that a node stops: whoever waits in it, and whoever calls it later.

use crate::log::{logged, record_log};
use crate::support::{Gate, Trace, Tracer, eventually, node, settle, soon};
use ockam_core::{AllowAll, ErrorKind, Result, Routed, Worker};
use ockam_node::{Context, DelayedEvent, Handle, MessageReceiveOptions};
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// A delay that ends long after every stop.
const LATER: Duration = Duration::from_secs(600);

/// Asserts that a future fails because the node stops, while hardly any time passes.
async fn refused<T: std::fmt::Debug>(call: impl Future<Output = Result<T>>) -> String {
    let start = Instant::now();
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
    assert!(start.elapsed() < Duration::from_millis(100), "{error}: {:?}", start.elapsed());
    error.to_string()
}

/// Waits in its handler for a worker that never starts.
struct Waits(Gate);

impl Worker for Waits {
    type Context = Context;
    type Message = u8;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<u8>) -> Result<()> {
        self.0.enter().await;
        ctx.wait_for("never").await
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_worker_is_told_when_the_node_begins_to_stop() {
    let mut ctx = node();
    let (handle, gate) = (ctx.handle(), Gate::new());
    ctx.start_worker("waits", Waits(gate.clone())).await.unwrap();
    gate.open(1);
    ctx.send("waits", 1u8).await.unwrap();
    let waiting = tokio::spawn(async move { handle.wait_for("never").await });
    settle().await;
    let start = Instant::now();
    ctx.stop().await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(100), "a handler that waits holds nothing up");
    let error = soon(waiting).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("0#never"), "{error}");
    assert!(refused(ctx.wait_for("never")).await.contains("0#never"));
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_there_is_found_while_the_node_stops() {
    let ctx = node();
    let (trace, gate) = (Trace::new(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop().await });
    ctx.stopping().await;
    ctx.wait_for("tracer").await.unwrap();
    assert!(!stop.is_finished());
    gate.open(1);
    soon(stop).await.unwrap().unwrap();
    ctx.stopping().await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_of_dead_letters_ends_with_the_node_after_its_last_letter() {
    let mut ctx = node();
    let mut letters = ctx.dead_letters().subscribe();
    let mut idle = ctx.dead_letters().subscribe();
    let waiting = tokio::spawn(async move {
        let mut count = 0;
        while idle.next().await.is_some() {
            count += 1;
        }
        count
    });
    settle().await;
    for _ in 0..3 {
        ctx.send("nobody", 1u8).await.unwrap_err();
    }
    ctx.stop().await.unwrap();
    assert_eq!(soon(waiting).await.unwrap(), 3);
    for _ in 0..3 {
        assert_eq!(letters.next().await.unwrap().onward_route, "nobody".into());
    }
    assert_eq!(letters.next().await, None);
    assert_eq!(ctx.dead_letters().subscribe().next().await, None);
}

#[tokio::test]
async fn a_subscription_of_dead_letters_ends_with_a_node_that_nothing_holds_any_more() {
    let ctx = node();
    let mut letters = ctx.dead_letters().subscribe();
    let waiting = tokio::spawn(async move { letters.next().await });
    settle().await;
    drop(ctx);
    assert_eq!(soon(waiting).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_node_refuses_every_call_at_once_and_says_so() {
    let mut ctx = node();
    let mut event = DelayedEvent::create(&ctx, "app", 1u8).await.unwrap();
    ctx.stop().await.unwrap();
    let late = Trace::new();
    for error in [
        refused(ctx.start_worker("late", Tracer::new(&late))).await,
        refused(ctx.new_detached("late", AllowAll, AllowAll)).await,
        refused(ctx.wait_for("late")).await,
        refused(ctx.send("late", 1u8)).await,
        refused(ctx.send("app", 1u8)).await,
        refused(ctx.send_and_receive::<u8>("late", 1u8)).await,
        refused(ctx.handle().send_and_receive::<u8>("app", 1u8)).await,
        refused(ctx.receive::<u8>()).await,
        refused(event.schedule(LATER)).await,
    ] {
        assert!(error.contains("stop"), "{error}");
    }
    let error = ctx.stop_worker("late").await.unwrap_err().to_string();
    assert!(error.contains("the node has stopped"), "{error}");
    assert_eq!(ctx.list_workers(), ["app".into()]);
    soon(ctx.stopped()).await;
    ctx.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_context_made_while_the_node_stops_is_refused_or_told() {
    for _ in 0..200 {
        let mut ctx = node();
        let making = |handle: Handle| {
            tokio::spawn(async move {
                let forever = || MessageReceiveOptions::new().without_timeout();
                loop {
                    match handle.new_detached("late", AllowAll, AllowAll).await {
                        Ok(mut late) => {
                            let end = late.receive_extended::<u8>(forever()).await;
                            assert_eq!(end.unwrap_err().kind(), ErrorKind::Stopped);
                        }
                        Err(error) => return error.kind(),
                    }
                }
            })
        };
        let late = making(ctx.handle());
        tokio::task::yield_now().await;
        soon(ctx.stop()).await.unwrap();
        assert_eq!(soon(late).await.unwrap(), ErrorKind::Stopped);
        assert_eq!(ctx.list_workers(), ["app".into()]);
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_are_due_after_the_stop_are_cancelled_in_silence_and_hold_nothing() {
    record_log();
    let mut ctx = node();
    let metrics = tokio::runtime::Handle::current().metrics();
    let mut events = Vec::new();
    for number in 0..100 {
        let mut event =
            DelayedEvent::create(&ctx, format!("after the stop {number}"), 1u8).await.unwrap();
        event.schedule(LATER).await.unwrap();
        events.push(event);
    }
    settle().await;
    ctx.stop().await.unwrap();
    settle().await;
    assert_eq!(metrics.num_alive_tasks(), 0, "an event holds its node");
    tokio::time::sleep(LATER * 2).await;
    settle().await;
    assert_eq!(logged("after the stop").len(), 0);
}

/// Makes its event due while it handles a message, as the node stops.
struct Ticks(Gate);

impl Worker for Ticks {
    type Context = Context;
    type Message = u8;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<u8>) -> Result<()> {
        self.0.enter().await;
        let mut event = DelayedEvent::create(ctx, "counts", "tick".to_string()).await?;
        event.schedule(Duration::from_millis(50)).await?;
        ctx.sleep(Duration::from_millis(100)).await;
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_are_due_while_workers_still_have_work_are_sent() {
    let mut ctx = node();
    let (trace, gate) = (Trace::new(), Gate::new());
    ctx.start_worker("counts", Tracer::new(&trace)).await.unwrap();
    ctx.start_worker("ticks", Ticks(gate.clone())).await.unwrap();
    ctx.send("ticks", 1u8).await.unwrap();
    gate.reached().await;
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop().await });
    ctx.stopping().await;
    gate.open(1);
    soon(stop).await.unwrap().unwrap();
    assert_eq!(trace.count("end tick"), 1);
    ctx.stop().await.unwrap();
}

/// Asks for its own end, or the node's, in another task, and goes on for a while.
struct AsksElsewhere(Trace);

impl Worker for AsksElsewhere {
    type Context = Context;
    type Message = bool;

    async fn handle_message(&mut self, ctx: &mut Context, of_node: Routed<bool>) -> Result<()> {
        let (handle, trace, of_node) = (ctx.handle(), self.0.clone(), of_node.body());
        tokio::spawn(async move {
            let outcome = match of_node {
                true => handle.stop().await,
                false => handle.stop_worker(handle.address()).await,
            };
            trace.add(format!("{:?} {:?}", outcome, handle.list_workers()));
        });
        ctx.sleep(Duration::from_millis(300)).await;
        self.0.add("end");
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_through_a_workers_handle_in_another_task_waits_for_the_end() {
    for of_node in [false, true] {
        let (ctx, trace) = (node(), Trace::new());
        ctx.start_worker("asks", AsksElsewhere(trace.clone())).await.unwrap();
        ctx.send("asks", of_node).await.unwrap();
        let end = Instant::now() + Duration::from_secs(5);
        while trace.events().len() < 2 {
            assert!(Instant::now() < end, "{:?}", trace.events());
            ctx.sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(trace.events(), ["end", "Ok(()) [0#app]"]);
    }
}

#[tokio::test]
async fn a_worker_that_stops_itself_or_the_node_through_its_context_does_not_wait() {
    for text in ["stop self", "stop node"] {
        let (ctx, trace) = (node(), Trace::new());
        ctx.start_worker("tracer", Tracer::new(&trace)).await.unwrap();
        ctx.send("tracer", text.to_string()).await.unwrap();
        eventually("it has ended", || trace.count("drop") == 1).await;
        assert_eq!(trace.count(&format!("end {text}")), 1);
    }
}
