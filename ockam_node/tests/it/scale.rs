//! Many workers: they start, answer and stop completely.

use crate::support::node;
use ockam_core::{Address, Result, Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The numbers of the specification in a release build, fewer where every step is slow.
const fn scaled(release: usize, debug: usize) -> usize {
    if cfg!(debug_assertions) { debug } else { release }
}

/// The number for one run by hand: `OCKAM_WORKERS=1000000 cargo test --release ... scale`.
fn workers_or(usual: usize) -> usize {
    let wanted = std::env::var("OCKAM_WORKERS").ok();
    wanted.map_or(usual, |text| text.parse().expect("OCKAM_WORKERS is a number"))
}

/// Resident memory of this process in MiB, where the system tells.
fn resident_mib() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<u64>().ok()? * 4096 / (1024 * 1024))
}

/// Answers, and counts its end.
struct Countdown(Arc<AtomicUsize>);

impl Worker for Countdown {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        ctx.send(msg.return_route(), *msg + 1).await
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A node with so many workers, which stops in its own time.
async fn crowd(workers: usize) -> (Context, Vec<Address>, Arc<AtomicUsize>) {
    let ctx = NodeBuilder::new().with_stop_timeout(Duration::from_secs(60)).build().unwrap();
    let ended = Arc::default();
    let addresses: Vec<_> = (0..workers).map(|n| Address::from(format!("w{n}"))).collect();
    for address in &addresses {
        ctx.start_worker(address, Countdown(Arc::clone(&ended))).await.unwrap();
    }
    (ctx, addresses, ended)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_thousand_workers_start_answer_one_message_each_and_stop() {
    let workers = workers_or(scaled(200_000, 50_000));
    let begun = Instant::now();
    let (mut ctx, addresses, ended) = crowd(workers).await;
    for address in &addresses {
        let answer: u32 = ctx.send_and_receive(address, 1u32).await.unwrap();
        assert_eq!(answer, 2);
    }
    println!("{workers} workers answered after {:?}: {:?} MiB", begun.elapsed(), resident_mib());
    ctx.stop().await.unwrap();
    println!("stopped after {:?}", begun.elapsed());
    assert_eq!(ended.load(Ordering::Relaxed), workers);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_million_workers_stop_completely() {
    let workers = scaled(500_000, 50_000);
    let (mut ctx, addresses, ended) = crowd(workers).await;
    // Some of them have a message in their queue when the stop begins.
    for address in addresses.iter().step_by(10) {
        ctx.send(address, 1u32).await.unwrap();
        // The answers are taken out, so that nobody waits for room.
        while ctx.try_receive::<u32>().unwrap().is_some() {}
    }
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop().await });
    while ctx.receive::<u32>().await.is_ok() {}
    stop.await.unwrap().unwrap();
    assert_eq!(ended.load(Ordering::Relaxed), workers);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}

#[tokio::test]
async fn many_workers_come_and_go_at_one_address() {
    let ctx = node();
    let ended = Arc::default();
    for round in 1..=scaled(20_000, 5_000) {
        ctx.start_worker("guest", Countdown(Arc::clone(&ended))).await.unwrap();
        let answer: u32 = ctx.send_and_receive("guest", 1u32).await.unwrap();
        assert_eq!(answer, 2);
        ctx.stop_worker("guest").await.unwrap();
        assert_eq!(ended.load(Ordering::Relaxed), round);
    }
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}
