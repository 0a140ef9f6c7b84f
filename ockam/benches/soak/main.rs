//! A soak: three nodes over TCP and secure channels, for as long as you like, while connections are
//! cut, channels are made again, workers restart and panic, and asks time out.
//!
//! ```text
//! cargo bench -p ockam --bench soak                             60 seconds
//! cargo bench -p ockam --bench soak -- --seconds 3600           an hour
//! cargo bench -p ockam --bench soak -- --seed 17                the same choices again
//! ```
//!
//! It first runs for a sixth of the time, brings the nodes into a defined state, in which they have
//! the workers that they had at the very beginning, and reads the gauges: live heap, resident
//! memory, file descriptors, tasks, and the workers of each node. After the rest of the time it does
//! the same and compares. It exits with 1 if something grew beyond its
//! tolerance, if a flow outlived its worker, if an ask did not end in time, or if the nodes cannot
//! be brought back to work.
//!
//! | module | owns |
//! |---|---|
//! | `options` | the command line |
//! | `allocator`, `gauge` | what is measured, and how much it may differ |
//! | `proxy` | TCP connections that can be cut |
//! | `world` | the three nodes and the channel through them |
//! | `chaos` | choosing what happens next, and counting how asks end |

mod allocator;
mod chaos;
mod gauge;
mod options;
mod proxy;
mod world;

use chaos::Chaos;
use gauge::Gauge;
use options::Options;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use world::World;

/// The result of everything here: errors are only ever printed.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// The longest that the nodes may take to come to rest. Handshakes that were cut off live for a
/// minute at the responder.
const LONGEST_REST: Duration = Duration::from_secs(100);

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(soak) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn soak(options: Options) -> Result<bool> {
    println!("soak: {} s with seed {}", options.time.as_secs(), options.seed);
    // The panics of workers are wanted here, and their messages would fill the screen.
    std::panic::set_hook(Box::new(|_| {}));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // On a task of the runtime, as the main function of a node is.
    let handle = runtime.handle().clone();
    runtime.block_on(async move { handle.spawn(run(options)).await? })
}

async fn run(options: Options) -> Result<bool> {
    let mut world = World::new().await?;
    let mut chaos = Chaos::new(options.seed);
    let workers = at_rest(&mut world, |_| true).await?.workers();
    let begun = Instant::now();
    chaos.run(&mut world, begun + options.time / 6).await?;
    let before = at_rest(&mut world, |now| now.workers() == workers).await?;
    if before.workers() != workers {
        return Err(format!("there were {workers:?} workers at first; {before}").into());
    }
    println!("after {:4} s: {before}", begun.elapsed().as_secs());
    chaos.run(&mut world, begun + options.time).await?;
    let after = at_rest(&mut world, |now| now.beyond(&before).is_empty()).await?;
    println!("after {:4} s: {after}", begun.elapsed().as_secs());
    println!("{}", chaos.outcomes());

    let mut wrong = after.beyond(&before);
    wrong.extend(world.flows_without_worker());
    wrong.extend(chaos.complaints());
    for what in &wrong {
        println!("WRONG: {what}");
    }
    world.stop().await?;
    println!("soak: {}", if wrong.is_empty() { "as it was at the start" } else { "not the same" });
    Ok(wrong.is_empty())
}

/// Waits until the nodes are at rest and the gauge is as it should be, for a limited time, and
/// returns what it says then.
async fn at_rest(world: &mut World, is_right: impl Fn(&Gauge) -> bool) -> Result<Gauge> {
    world.settle().await?;
    let deadline = Instant::now() + LONGEST_REST;
    let mut last = Gauge::read(world);
    loop {
        // Workers that were busy keep their task for up to 200 ms, so a second without a change
        // says that they sleep.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = Gauge::read(world);
        let is_steady = now.counts() == last.counts();
        if (is_steady && is_right(&now)) || Instant::now() > deadline {
            return Ok(now);
        }
        last = now;
    }
}
