//! Cost of secure channels: each workload next to its baseline, in one process.
//!
//! ```sh
//! cargo bench -p ockam_identity --bench channel                 # a table
//! cargo bench -p ockam_identity --bench channel -- --json       # a line per workload
//! cargo bench -p ockam_identity --bench channel -- handshake    # one workload
//! cargo bench -p ockam_identity --bench channel -- echo --ops 9000    # one run, to be counted
//! ```
//!
//! Rounds of the workload and of its baseline alternate, and the fastest of each counts. `cpu_ns` is
//! the CPU time of a single-threaded workload, independent of other load on the machine.

mod handshake;
mod messages;
#[path = "../../../ockam_node/benches/messaging/report.rs"]
mod report;
mod tcp;

use report::{Row, titles};
use std::time::{Duration, Instant};

/// Number of rounds.
const ROUNDS: usize = 7;

/// Approximate duration of a round.
const ROUND: Duration = Duration::from_millis(300);

/// Total duration of a quick run.
const QUICK: Duration = Duration::from_millis(20);

/// Function that runs an operation the given number of times.
pub(crate) type Run<'a> = Box<dyn FnMut(u64) + 'a>;

/// A workload and its baseline.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    /// Number of bytes per operation, for the throughput.
    pub(crate) bytes: Option<usize>,
    /// `true` if it runs in the measuring thread, whose CPU time excludes other load.
    pub(crate) is_alone: bool,
    pub(crate) run: Run<'static>,
    pub(crate) floor: Option<Run<'static>>,
}

fn workloads() -> Vec<Workload> {
    let mut workloads = handshake::workloads();
    workloads.extend(messages::workloads());
    workloads.extend(tcp::workloads());
    workloads
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let ops = arguments.iter().position(|argument| argument == "--ops");
    let ops: Option<u64> = ops.map(|at| {
        let ops = arguments.get(at + 1).and_then(|text| text.parse().ok());
        ops.expect("--ops wants the number of operations behind it")
    });
    let is_name = |word: &&String| !word.starts_with("--") && word.parse::<u64>().is_err();
    let names: Vec<&String> = arguments.iter().filter(is_name).collect();
    let (rounds, round) = if has("--quick") { (1, QUICK) } else { (ROUNDS, ROUND) };
    if !has("--json") {
        println!("{}", titles());
    }
    for mut workload in workloads() {
        if let Some(ops) = ops {
            if names.iter().any(|name| *name == workload.name) {
                (workload.run)(ops);
            }
        } else if names.is_empty() || names.iter().any(|name| *name == workload.name) {
            let row = measure(workload, rounds, round);
            println!("{}", if has("--json") { row.json() } else { row.line() });
        }
    }
}

/// Runs the rounds.
fn measure(mut workload: Workload, rounds: usize, round: Duration) -> Row {
    let mut best = [f64::INFINITY; 2];
    let mut cpu = f64::INFINITY;
    for _ in 0..rounds {
        let (ns, of_them) = time(&mut workload.run, round);
        best[0] = best[0].min(ns);
        cpu = of_them.map_or(cpu, |ns| cpu.min(ns));
        if let Some(floor) = &mut workload.floor {
            best[1] = best[1].min(time(floor, round).0);
        }
    }
    let [ns, floor] = best;
    let mut row = Row::new(workload.name).with("ns", ns);
    if workload.is_alone && cpu.is_finite() {
        row = row.with("cpu_ns", cpu);
    }
    if floor.is_finite() {
        row = row.with("floor_ns", floor).with("ratio", ns / floor);
    }
    if let Some(bytes) = workload.bytes {
        // Bytes in a nanosecond are thousands of megabytes in a second.
        row = row.with("mb_per_s", bytes as f64 / ns * 1000.0);
        if floor.is_finite() {
            row = row.with("floor_mb_per_s", bytes as f64 / floor * 1000.0);
        }
    }
    row
}

/// Returns the nanoseconds of one operation, of as many as fit into a round, and for how many of
/// them this thread ran.
fn time(run: &mut Run<'_>, round: Duration) -> (f64, Option<f64>) {
    let mut operations = 1;
    loop {
        let (begun, cpu_before) = (Instant::now(), cpu_time());
        run(operations);
        let (taken, cpu) = (begun.elapsed(), cpu_time());
        if taken * 2 >= round {
            let each = |ns: f64| ns / operations as f64;
            let cpu = cpu.zip(cpu_before).map(|(after, before)| each(after - before));
            return (each(taken.as_nanos() as f64), cpu);
        }
        operations *= 2;
    }
}

/// Returns the CPU time of this thread in nanoseconds, if Linux provides it.
fn cpu_time() -> Option<f64> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    statistics.split_whitespace().next()?.parse().ok()
}
