//! Code of the program that blocks its thread: the rest of the node goes on, the log names what
//! blocks, and signals are heard. The node of these tests is a process of its own.
#![cfg(unix)]

use crate::log::{logged, record_log};
use crate::signal::{Running, TASK, say};
use crate::support::{PATIENCE, eventually, node};
use ockam_core::{Processor, Result, Routed, Worker};
use ockam_node::{Context, run_node, run_test};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;

/// Blocks its thread for as long as the process lives, without using the processor.
fn block() {
    loop {
        thread::park();
    }
}

/// Says `tick` again and again, by the node's clock.
struct Ticker;

impl Processor for Ticker {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        ctx.sleep(Duration::from_millis(10)).await;
        say("tick");
        Ok(true)
    }
}

/// Says what it gets; some of it makes it block.
struct Sayer;

impl Worker for Sayer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        say(&msg);
        match msg.as_str() {
            "blocks" => block(),
            // The thread that has just seen to the timers of all is blocked.
            "blocks later" => {
                ctx.sleep(Duration::from_millis(57)).await;
                block();
            }
            "tells" => ctx.send("other", "told".to_string()).await?,
            _ => {}
        }
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        say("shutdown");
        Ok(())
    }
}

/// As many handlers block as there are threads in the node's runtime.
async fn block_all_threads(ctx: &Context) -> Result<()> {
    let threads = tokio::runtime::Handle::current().metrics().num_workers();
    for number in 0..threads {
        let address = format!("blocks{number}");
        ctx.start_worker(address.as_str(), Sayer).await?;
        ctx.send(address.as_str(), "blocks".to_string()).await?;
    }
    Ok(())
}

/// What the child does; as a test of its own it does nothing.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let outcome = run_node(move |ctx: Context| async move {
        ctx.start_worker("other", Sayer).await?;
        match task.as_str() {
            // What was started and sent just before is what the blocked thread would run next.
            "main" => {
                ctx.send("other", "hello".to_string()).await?;
                ctx.start_processor("ticker", Ticker).await?;
                block();
            }
            // The same after so many asks that main runs where its workers do.
            "busy main" => {
                ctx.start_worker("echoer", crate::support::Echoer).await?;
                for _ in 0..10_000 {
                    ctx.send_and_receive::<String>("echoer", "x".to_string()).await?;
                }
                ctx.start_processor("ticker", Ticker).await?;
                ctx.sleep(Duration::from_millis(50)).await;
                ctx.send("other", "hello".to_string()).await?;
                block();
            }
            "handler" => {
                ctx.start_worker("sayer", Sayer).await?;
                ctx.start_processor("ticker", Ticker).await?;
                ctx.send("sayer", "blocks later".to_string()).await?;
            }
            _ => block_all_threads(&ctx).await?,
        }
        Ok::<(), ockam_core::Error>(())
    });
    say(&format!("returned {outcome:?}"));
}

fn start(task: &str) -> Running {
    Running::start_test("blocking::child", task)
}

#[test]
fn while_main_blocks_workers_and_timers_go_on_and_a_signal_stops_the_node() {
    for task in ["main", "busy main"] {
        let mut node = start(task);
        node.hear("hello");
        (0..20).for_each(|_| node.hear("tick"));
        node.signal("-TERM");
        node.hear("shutdown");
        let status = node.end();
        assert_eq!(status.code(), Some(0), "{task}: {status}");
    }
}

#[test]
fn while_a_handler_blocks_timers_go_on_and_a_signal_ends_the_process() {
    let mut node = start("handler");
    node.hear("blocks later");
    (0..50).for_each(|_| node.hear("tick"));
    node.signal("-INT");
    let status = node.end();
    assert!(status.code().is_some_and(|code| code != 0), "{status}: what blocks was cut off");
}

#[test]
fn when_all_threads_are_blocked_a_second_signal_ends_the_process_at_once() {
    let mut node = start("all");
    node.hear("blocks");
    node.hear("blocks");
    node.signal("-TERM");
    node.signal("-INT");
    assert_eq!(node.end().code(), Some(130));
}

#[test]
fn when_all_threads_are_blocked_one_signal_ends_the_process_in_time() {
    let mut node = start("all");
    node.hear("blocks");
    node.hear("blocks");
    node.signal("-TERM");
    let status = node.end();
    assert!(status.code().is_some_and(|code| code != 0), "{status}");
}

/// Blocks its thread until it may go on, as code does that waits for a lock or for a file.
struct Blocks(Arc<AtomicBool>);

impl Worker for Blocks {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        let start = Instant::now();
        while !self.0.load(Ordering::SeqCst) && start.elapsed() < PATIENCE {
            thread::park_timeout(Duration::from_millis(10));
        }
        Ok(())
    }
}

/// Is busy for as long, and lets others run in between.
struct Yields(Arc<AtomicBool>);

impl Worker for Yields {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        let start = Instant::now();
        while !self.0.load(Ordering::SeqCst) && start.elapsed() < PATIENCE {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_is_named_once_in_the_log() {
    record_log();
    let (ctx, over) = (node(), Arc::new(AtomicBool::new(false)));
    ctx.start_worker("yields-on", Yields(Arc::clone(&over))).await.unwrap();
    ctx.send("yields-on", String::new()).await.unwrap();
    // When the second is named, the first has been blocked for twice the limit.
    for address in ["blocks-first", "blocks-second"] {
        ctx.start_worker(address, Blocks(Arc::clone(&over))).await.unwrap();
        ctx.send(address, String::new()).await.unwrap();
        eventually("it is named", || !logged(address).is_empty()).await;
    }
    over.store(true, Ordering::SeqCst);
    for address in ["blocks-first", "blocks-second"] {
        let lines = logged(address);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0].level, tracing::Level::WARN);
        assert!(lines[0].text.contains("Blocks"), "{lines:?}");
    }
    assert!(logged("yields-on").is_empty(), "{:?}", logged("yields-on"));
}

#[test]
fn a_task_that_blocks_as_it_is_woken_by_a_timer_does_not_stop_the_timers() {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let _node = runtime.block_on(async { node() });
    let (ticks, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let count = Arc::clone(&ticks);
    runtime.spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let ends = Arc::clone(&over);
    // The thread that sees to the timers of all runs this as soon as it is due.
    runtime.spawn(async move {
        tokio::time::sleep(Duration::from_millis(103)).await;
        let start = Instant::now();
        while !ends.load(Ordering::SeqCst) && start.elapsed() < 2 * PATIENCE {
            thread::park_timeout(Duration::from_millis(10));
        }
    });
    let start = Instant::now();
    while ticks.load(Ordering::SeqCst) < 50 {
        assert!(start.elapsed() < PATIENCE, "the timers have stopped");
        thread::yield_now();
    }
    over.store(true, Ordering::SeqCst);
}

#[test]
fn a_test_that_blocks_fails_at_its_time_limit() {
    let start = Instant::now();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        run_test("blocks", 50, |_| async {
            thread::sleep(Duration::from_secs(20));
        });
    }));
    let text = *panic.unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains("50 ms"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
