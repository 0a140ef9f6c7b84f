//! A day in the life of five nodes, again and again: asks over one and two links and through a
//! relay, while links get worse, break, and are cut off by chance.
//!
//! Each seed is a day of its own. After it, every ask must have ended in time, and nothing may be
//! left: no worker, no flow, no task, no memory that grew.
//!
//! ```sh
//! OCKAM_SEEDS=1000 cargo test -p ockam --release --test long_run -- --nocapture
//! OCKAM_FIRST_SEED=17 OCKAM_SEEDS=1 cargo test -p ockam --release --test long_run   # one again
//! ```
#![allow(clippy::unwrap_used)]

#[path = "long_run/allocator.rs"]
mod allocator;
#[path = "long_run/day.rs"]
mod day;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How many seeds a usual run of the tests has time for, in a build without optimisation.
const SEEDS: u64 = 1;

/// How long one seed may take on a busy machine, before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(300);

fn variable(name: &str, usual: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")),
        Err(_) => usual,
    }
}

/// Says how to do it again.
fn again(seed: u64) -> String {
    format!("OCKAM_FIRST_SEED={seed} OCKAM_SEEDS=1 cargo test -p ockam --release --test long_run")
}

/// Runs a day in a thread of its own and waits for it. A day that hangs spins or sleeps for ever,
/// so that the process has to end.
fn run(seed: u64) -> day::Report {
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let report = day::run(seed);
        // The receiver is gone if this took too long.
        let _ = sender.send(report);
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(report) => {
            thread.join().unwrap();
            report
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            panic!("seed {seed} failed, see above; run it again with\n  {}", again(seed));
        }
        Err(mpsc::RecvTimeoutError::Timeout) => {
            eprintln!("seed {seed} hangs; run it again with\n  {}", again(seed));
            std::process::exit(1);
        }
    }
}

#[test]
fn days_of_loss_and_partitions_leave_nothing_and_every_ask_ends() {
    let (first, count) = (variable("OCKAM_FIRST_SEED", 1), variable("OCKAM_SEEDS", SEEDS));
    let threads = variable("OCKAM_THREADS", 2).clamp(1, 64);
    let (next, begun) = (AtomicU64::new(first), Instant::now());
    let reports = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let seed = || next.fetch_add(1, Ordering::Relaxed);
                    let seeds =
                        std::iter::from_fn(|| Some(seed()).filter(|seed| seed - first < count));
                    seeds.map(run).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    let total = reports.iter().fold(day::Report::default(), day::Report::plus);
    println!("{count} days in {:.1?}: {total}", begun.elapsed());
    println!("resident at the end: {} KiB", allocator::resident_kib());
    assert_eq!(reports.len() as u64, count);
    for (what, number) in [
        ("answered", total.answered),
        ("unanswered", total.unanswered),
        ("failed at once", total.failed),
        ("registered again", total.registered_again),
    ] {
        assert!(number > 0, "a day without any that {what} tests nothing");
    }
}

#[test]
fn the_same_day_is_the_same_again() {
    let reports = [run(42), run(42)];
    assert_eq!(reports[0], reports[1]);
}
