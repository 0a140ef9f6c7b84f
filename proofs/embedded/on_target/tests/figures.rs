//! Measures a node on a microcontroller, and fails when a figure is worse than its limit.
//!
//! QEMU counts instructions exactly, so the figures are the same on every machine.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::format;
use board::{heap_used, instructions, println, wake_ups};
use checks::Echo;
use core::time::Duration;
use embassy_executor::Spawner;
use ockam::workers::Hop;
use ockam::{Context, NodeBuilder, Result, Routed, Worker, route};

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start();
    board::run(|spawner| spawner.spawn(run(spawner).expect("it is spawned once")))
}

#[embassy_executor::task]
async fn run(spawner: Spawner) {
    let builder = NodeBuilder::new().with_spawner(spawner.make_send()).with_random(board::random);
    match measure(builder).await {
        Ok(failed) => {
            println!("{} passed, {failed} failed", FIGURES - failed);
            board::exit(failed == 0)
        }
        Err(error) => {
            println!("FAILED  {error:?}");
            board::exit(false)
        }
    }
}

const FIGURES: u32 = 8;

/// Counts how many figures are worse than their limits.
struct Report {
    failed: u32,
}

impl Report {
    fn add(&mut self, what: &str, figure: u64, limit: u64) {
        let verdict = if figure <= limit { "ok     " } else { "FAILED " };
        println!("{verdict} {what}: {figure}, limit {limit}");
        self.failed += u32::from(figure > limit);
    }
}

async fn measure(builder: NodeBuilder) -> Result<u32> {
    let mut report = Report { failed: 0 };
    let before = heap_used();
    let mut ctx = builder.build()?;
    report.add("heap of a node, bytes", (heap_used() - before) as u64, 4096);
    report.add("heap of an idle worker, bytes", idle_worker(&ctx).await?, 400);
    ctx.start_worker("echo", Echo).await?;
    report.add("heap of a worker that is awake, bytes", awake_worker(&mut ctx).await?, 1024);
    report.add("heap of a message under way, bytes", message(&mut ctx).await?, 400);
    report.add("round trip, instructions", round_trip(&mut ctx).await?, 4500);
    report.add("round trip over two hops, instructions", hops(&mut ctx).await?, 13_000);
    report.add("ask, instructions", ask(&ctx).await?, 7000);
    report.add("wake-ups of an idle second, ticks aside", idle_second(&ctx).await, 3);
    ctx.stop().await?;
    Ok(report.failed)
}

/// The further heap that a worker takes while it has its task, idle in between messages. Another
/// one has a task already, so that what all of them share is not counted.
async fn awake_worker(ctx: &mut Context) -> Result<u64> {
    ctx.start_worker("other", Echo).await?;
    let mut used = [0; 2];
    for (name, used) in ["other", "echo"].into_iter().zip(&mut used) {
        ctx.send(name, 0u32).await?;
        ctx.receive::<u32>().await?;
        // What was a message is gone, and the worker waits for the next one.
        ctx.sleep(Duration::from_millis(1)).await;
        *used = heap_used();
    }
    ctx.stop_worker("other").await?;
    Ok(used[1].saturating_sub(used[0]) as u64)
}

/// The heap of a message in a mailbox, one of some.
async fn message(ctx: &mut Context) -> Result<u64> {
    const MESSAGES: usize = 12;
    let mut used = [0; MESSAGES];
    for used in &mut used {
        ctx.send("app", 0u32).await?;
        *used = heap_used();
    }
    for _ in 0..MESSAGES {
        ctx.receive::<u32>().await?;
    }
    // The first ones take memory that others left, and the queue grows now and then.
    Ok((used[MESSAGES - 1] - used[MESSAGES - 4]) as u64 / 3)
}

const ROUNDS: u64 = 1000;

/// Echoes, with one message under way at a time.
async fn round_trip(ctx: &mut Context) -> Result<u64> {
    for round in 0..10u32 {
        ctx.send("echo", round).await?;
        ctx.receive::<u32>().await?;
    }
    let begun = instructions();
    for round in 0..ROUNDS as u32 {
        ctx.send("echo", round).await?;
        ctx.receive::<u32>().await?;
    }
    Ok((instructions() - begun) / ROUNDS)
}

async fn hops(ctx: &mut Context) -> Result<u64> {
    ctx.start_worker("h1", Hop).await?;
    ctx.start_worker("h2", Hop).await?;
    let begun = instructions();
    for round in 0..ROUNDS as u32 {
        ctx.send(route!["h1", "h2", "echo"], round).await?;
        ctx.receive::<u32>().await?;
    }
    Ok((instructions() - begun) / ROUNDS)
}

async fn ask(ctx: &Context) -> Result<u64> {
    let begun = instructions();
    for round in 0..ROUNDS as u32 {
        ctx.send_and_receive::<u32>("echo", round).await?;
    }
    Ok((instructions() - begun) / ROUNDS)
}

/// A worker with four bytes of its own.
struct Counter(u32);

#[ockam::worker]
impl Worker for Counter {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<u32>) -> Result<()> {
        self.0 += *msg;
        Ok(())
    }
}

/// The heap that one of many workers takes, with its address and its place in the table.
async fn idle_worker(ctx: &Context) -> Result<u64> {
    const WORKERS: usize = 64;
    let before = heap_used();
    for number in 0..WORKERS {
        ctx.start_worker(format!("counter {number}"), Counter(0)).await?;
    }
    let each = (heap_used() - before) / WORKERS;
    for number in 0..WORKERS {
        ctx.stop_worker(format!("counter {number}")).await?;
    }
    Ok(each as u64)
}

/// How often the processor wakes in a second in which nobody has work.
async fn idle_second(ctx: &Context) -> u64 {
    // Until workers that had work give their tasks up.
    ctx.sleep(Duration::from_millis(500)).await;
    let (before, second) = (wake_ups(), Duration::from_secs(1));
    ctx.sleep(second).await;
    u64::from(wake_ups() - before).saturating_sub(1001)
}
