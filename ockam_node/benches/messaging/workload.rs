//! The list of workloads, and what they share.

mod ask;
mod echo;
mod hops;
mod idle;
mod large;
mod one_way;
mod pairs;
mod producers;
mod ring;
mod stop;

use crate::Result;
use crate::compare::compare;
use crate::options::Effort;
use crate::report::Row;
use crate::side::{Side, run_once};
use std::ops::Range;
use std::time::Duration;

/// How many messages a channel of the floor holds.
const CAPACITY: usize = 128;

/// The body of an echo: as long as the tutorial's text, and made anew for every trip.
const GREETING: &str = "Hello Ockam!";

/// One thing that is measured, on both sides.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// How many operations a run has; of messages, about a tenth of a second of them.
    ops: u64,
    /// Runs both sides.
    pub(crate) measure: fn(&Workload, Effort) -> Result<Row>,
    /// Runs Ockam once with so many operations.
    pub(crate) run_ours: fn(u64) -> Result<Duration>,
    /// Runs raw tokio once with so many operations.
    pub(crate) run_floor: fn(u64) -> Result<Duration>,
}

/// All workloads, in the order in which they run. The first reads the size of the process, so it
/// runs while the heap is fresh.
pub(crate) static WORKLOADS: &[Workload] = &[
    idle::WORKLOAD,
    stop::WORKLOAD,
    messages::<echo::Ours, echo::Floor>(
        "w2_echo",
        100_000,
        "a String there and back, one at a time; per trip",
    ),
    messages::<one_way::Ours, one_way::Floor>(
        "w3_oneway",
        400_000,
        "numbers from one producer to one worker; per message",
    ),
    messages::<producers::Ours, producers::Floor>(
        "w4_producers",
        400_000,
        "numbers from eight producers to one worker; per message",
    ),
    messages::<ring::Ours, ring::Floor>(
        "w5_ring",
        200_000,
        "a number around a ring of 1,000 workers; per hop",
    ),
    messages::<pairs::Ours, pairs::Floor>(
        "w6_pairs",
        200_000,
        "a String there and back, between 100 pairs at once; per trip",
    ),
    messages::<hops::Ours, hops::Floor>(
        "w7_hops",
        25_000,
        "a String there and back, through three forwarding workers; per trip",
    ),
    messages::<ask::Ours, ask::Floor>(
        "w8_ask",
        100_000,
        "send_and_receive of a number (floor: a oneshot for each); per ask",
    ),
    large::WORKLOAD,
];

/// A workload whose operations are messages, or trips of messages.
const fn messages<O: Side, F: Side>(name: &'static str, ops: u64, about: &'static str) -> Workload {
    Workload {
        name,
        about,
        ops,
        measure: measure_messages::<O, F>,
        run_ours: run_once::<O>,
        run_floor: run_once::<F>,
    }
}

fn measure_messages<O: Side, F: Side>(workload: &Workload, effort: Effort) -> Result<Row> {
    let found = compare::<O, F>(workload.ops, effort)?;
    Ok(Row::new(workload.name)
        .with("ns", found.first_ns)
        .with("floor_ns", found.second_ns)
        .with("ratio", found.ratio())
        .with("allocs", found.first.calls)
        .with("floor_allocs", found.second.calls)
        .with("heap_bytes", found.first.bytes))
}

/// Divides the numbers below `ops` into ranges that are about as long as each other.
fn shares(ops: u64, parts: u64) -> impl Iterator<Item = Range<u64>> {
    (0..parts).map(move |part| part * ops / parts..(part + 1) * ops / parts)
}
