//! A node whose runtime is dropped before it was stopped. What waits for it in other threads is
//! told, and what is called later fails and says why.

use crate::support::{Echoer, Gate, Trace, Tracer, settle, soon};
use ockam_core::{Address, Error, ErrorKind, Processor, Result};
use ockam_node::{Context, DelayedEvent, Handle, NodeBuilder, SendError, WorkerBuilder};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Once;
use std::time::Duration;
use std::{panic, thread};
use tokio::runtime::{Builder, Runtime};

/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(3600);

struct Waits;

impl Processor for Waits {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        ctx.sleep(LONG).await;
        Ok(true)
    }
}

/// A node in a runtime of its own, with a worker that is busy and whose mailbox is full, one that
/// sleeps, and a processor.
struct Elsewhere {
    runtime: Runtime,
    ctx: Context,
    trace: Trace,
    _gate: Gate,
}

fn elsewhere(threads: usize) -> Elsewhere {
    // A runtime cannot be entered on a thread of another one.
    thread::spawn(move || build(threads)).join().unwrap()
}

fn build(threads: usize) -> Elsewhere {
    let mut builder = match threads {
        0 => Builder::new_current_thread(),
        threads => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads);
            builder
        }
    };
    let runtime = builder.enable_all().build().unwrap();
    let (trace, gate) = (Trace::new(), Gate::new());
    let ctx = runtime.block_on(async {
        let ctx = NodeBuilder::new().with_stop_timeout(LONG).build().unwrap();
        let busy = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("busy");
        busy.with_mailbox_capacity(1).start(&ctx).await.unwrap();
        ctx.start_worker("echoer", Echoer).await.unwrap();
        ctx.start_processor("waits", Waits).await.unwrap();
        ctx.send("busy", "gate".to_string()).await.unwrap();
        gate.reached().await;
        ctx.send("busy", "queued".to_string()).await.unwrap();
        ctx
    });
    Elsewhere { runtime, ctx, trace, _gate: gate }
}

/// Drops a runtime on a thread where that is allowed.
fn end(runtime: Runtime) {
    thread::spawn(move || drop(runtime)).join().unwrap();
}

type Call = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// Every call that waits for something of the node, and never gets it there.
fn calls(handle: &Handle) -> Vec<(&'static str, Call)> {
    let mut calls: Vec<(&'static str, Call)> = Vec::new();
    macro_rules! call {
        ($name:literal, |$handle:ident| $call:expr) => {
            let $handle = handle.clone();
            calls.push(($name, Box::pin(async move { $call })));
        };
    }
    call!("send", |handle| handle.send("busy", "in line".to_string()).await);
    call!("ask", |handle| handle
        .send_and_receive::<String>("busy", "in line".to_string())
        .await
        .map(drop));
    call!("wait_for", |handle| handle.wait_for("nobody").await);
    call!("stop_worker", |handle| handle.stop_worker("busy").await);
    call!("stop", |handle| handle.stop().await);
    calls
}

/// Asserts that an error names the end of the node.
fn assert_ended(name: &str, error: &Error) {
    let kind = error.kind();
    assert!(matches!(kind, ErrorKind::Stopped | ErrorKind::NotFound), "{name}: {kind:?} {error}");
}

#[tokio::test]
async fn what_waits_in_another_runtime_is_told_that_the_runtime_of_the_node_has_ended() {
    for threads in [0, 1, 3] {
        let Elsewhere { runtime, mut ctx, trace, _gate } = elsewhere(threads);
        let handle = ctx.handle();
        let mut waiting = Vec::new();
        for (name, call) in calls(&handle) {
            // A stop of the node would let others end before its runtime does.
            if name != "stop" {
                waiting.push((name, tokio::spawn(call)));
            }
        }
        let receive = tokio::spawn(async move {
            let outcome = ctx.receive_extended::<String>(forever()).await.map(drop);
            (ctx, outcome)
        });
        let (stopping, stopped, slept) = (handle.clone(), handle.clone(), handle.clone());
        let stopping = tokio::spawn(async move { stopping.stopping().await });
        let stopped = tokio::spawn(async move { stopped.stopped().await });
        let slept = tokio::spawn(async move { slept.sleep(LONG).await });
        let mut letters = handle.dead_letters().subscribe();
        let letters = tokio::spawn(async move { while letters.next().await.is_some() {} });
        settle().await;
        end(runtime);
        for (name, call) in waiting {
            let outcome = soon(call).await.unwrap();
            match name {
                // It has ended indeed.
                "stop_worker" => assert!(outcome.is_ok(), "{outcome:?}"),
                _ => assert_ended(name, &outcome.unwrap_err()),
            }
        }
        let (ctx, received) = soon(receive).await.unwrap();
        assert_ended("receive", &received.unwrap_err());
        for told in [stopping, stopped, slept, letters] {
            soon(told).await.unwrap();
        }
        assert_eq!(handle.list_workers(), [Address::from("app")]);
        assert_eq!(trace.count("begin queued"), 0);
        drop(ctx);
    }
}

fn forever() -> ockam_node::MessageReceiveOptions {
    ockam_node::MessageReceiveOptions::new().without_timeout()
}

#[tokio::test]
async fn calls_of_a_node_whose_runtime_has_ended_fail_and_say_so() {
    let Elsewhere { runtime, mut ctx, .. } = elsewhere(2);
    let handle = ctx.handle();
    let mut event = DelayedEvent::create(&handle, "echoer", "late".to_string()).await.unwrap();
    end(runtime);
    for (name, call) in calls(&handle) {
        assert_ended(name, &soon(call).await.unwrap_err());
    }
    for address in ["echoer", "busy"] {
        let error = handle.send(address, "Hello".to_string()).await.unwrap_err();
        assert_ended(address, &error);
        assert!(error.to_string().contains("runtime"), "{error}");
        assert_eq!(error.downcast::<SendError>().unwrap().into_body::<String>().unwrap(), "Hello");
    }
    let started = [
        ("start_worker", handle.start_worker("late", Echoer).await),
        ("start_processor", handle.start_processor("late", Waits).await),
        (
            "new_detached",
            handle.new_detached("late", ockam_core::DenyAll, ockam_core::DenyAll).await.map(drop),
        ),
        ("schedule", event.schedule(Duration::ZERO).await),
        ("stop", handle.stop().await),
    ];
    for (name, outcome) in started {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped, "{name}: {error}");
        assert!(error.to_string().contains("runtime"), "{name}: {error}");
    }
    assert_ended("receive", &ctx.receive::<String>().await.unwrap_err());
    soon(handle.stopped()).await;
    soon(handle.sleep(LONG)).await;
    assert_eq!(soon(handle.within(LONG, std::future::pending::<()>())).await, None);
}

#[test]
fn a_node_that_was_stopped_before_its_runtime_ended_is_a_stopped_node() {
    let Elsewhere { runtime, mut ctx, _gate, .. } = elsewhere(2);
    let stopped = runtime.block_on(ctx.stop_within(Duration::ZERO));
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::TimedOut, "it cut off the busy worker");
    end(runtime);
    let calls = Builder::new_current_thread().build().unwrap();
    assert!(calls.block_on(ctx.stop()).is_ok());
}

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// Counts the panics of each thread from now on, caught or not.
fn count_panics() {
    static COUNTS: Once = Once::new();
    COUNTS.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            usual(info);
        }));
    });
}

#[test]
fn waits_of_a_node_that_was_stopped_end_with_its_runtime_and_nothing_panics() {
    count_panics();
    let Elsewhere { runtime, ctx, _gate, .. } = elsewhere(2);
    let here = Builder::new_current_thread().enable_all().build().unwrap();
    let handle = ctx.handle();
    let sleep = || {
        let handle = handle.handle();
        here.spawn(async move { handle.sleep(LONG).await })
    };
    let running = sleep();
    here.block_on(settle());
    runtime.block_on(ctx.stop_within(Duration::ZERO)).unwrap_err();
    let stopped = sleep();
    here.block_on(settle());
    assert!(!running.is_finished() && !stopped.is_finished(), "the runtime has its timers");
    end(runtime);
    let late = sleep();
    here.block_on(async {
        for sleep in [running, stopped, late] {
            soon(sleep).await.unwrap();
        }
        assert_eq!(soon(handle.within(LONG, std::future::pending::<()>())).await, None);
    });
    assert_eq!(PANICS.get(), 0);
}
