//! W1: workers that wait for a first message, each at an address of its own. An operation is the
//! start of one. What they keep is measured with the starts.
//!
//! The floor is a task with its channel. A task alone, which can do nothing, is listed as `bare`.

use super::{CAPACITY, Workload};
use crate::Result;
use crate::allocator::Count;
use crate::compare::median;
use crate::options::Effort;
use crate::report::Row;
use crate::resident::resident;
use crate::side::{Side, drive, run_once};
use ockam_core::{Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use std::future::pending;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::mpsc;

/// How many times each side starts; the median counts.
const ROUNDS: usize = 5;

pub(super) const WORKLOAD: Workload = Workload {
    name: "w1_idle",
    about: "workers that wait for a first message: memory of each; per start",
    ops: 100_000,
    measure,
    run_ours: run_once::<Ours>,
    run_floor: run_once::<Floor>,
};

fn measure(workload: &Workload, effort: Effort) -> Result<Row> {
    let (count, rounds) = match effort {
        Effort::Full => (workload.ops, ROUNDS),
        Effort::Quick => (workload.ops / 10, 1),
    };
    let [ours, floor, bare] = memory(count)?;
    let (mut ours_ns, mut floor_ns, mut bare_ns) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours_ns.push(start_ns::<Ours>(count)?);
        floor_ns.push(start_ns::<Floor>(count)?);
        bare_ns.push(start_ns::<Bare>(count)?);
    }
    let (ours_ns, floor_ns) = (median(ours_ns), median(floor_ns));
    let mut row = Row::new(workload.name)
        .with("ns", ours_ns)
        .with("floor_ns", floor_ns)
        .with("ratio", ours_ns / floor_ns)
        .with("allocs", ours.allocations)
        .with("floor_allocs", floor.allocations)
        .with("heap_bytes", ours.heap);
    if let (Some(ours), Some(floor), Some(bare)) = (ours.resident, floor.resident, bare.resident) {
        row =
            row.with("rss_bytes", ours).with("floor_rss_bytes", floor).with("bare_rss_bytes", bare);
    }
    Ok(row.with("floor_heap_bytes", floor.heap).with("bare_ns", median(bare_ns)))
}

/// What one of many keeps.
struct Memory {
    allocations: f64,
    heap: f64,
    resident: Option<f64>,
}

/// Measures all three, one after the other. All stay alive, so that none lives in the pages that
/// another has left.
fn memory(count: u64) -> Result<[Memory; 3]> {
    drive(async move {
        let (ours, kept_ours) = memory_of::<Ours>(count).await?;
        let (floor, kept_floor) = memory_of::<Floor>(count).await?;
        let (bare, kept_bare) = memory_of::<Bare>(count).await?;
        drop((kept_ours, kept_floor, kept_bare));
        Ok([ours, floor, bare])
    })
}

async fn memory_of<S: Side>(count: u64) -> Result<(Memory, S)> {
    let mut side = S::set_up(count).await?;
    let before = resident();
    let (outcome, heap) = Count::during(side.run(count)).await;
    outcome?;
    let grown = resident().zip(before).map(|(after, before)| after as f64 - before as f64);
    let memory = Memory {
        allocations: heap.allocations as f64 / count as f64,
        heap: (heap.allocated as f64 - heap.freed as f64) / count as f64,
        resident: grown.map(|bytes| bytes / count as f64),
    };
    Ok((memory, side))
}

fn start_ns<S: Side>(count: u64) -> Result<f64> {
    Ok(run_once::<S>(count)?.as_nanos() as f64 / count as f64)
}

/// A worker without any state.
struct Idle;

impl Worker for Idle {
    type Context = Context;
    type Message = u64;

    async fn handle_message(
        &mut self,
        _: &mut Context,
        msg: Routed<u64>,
    ) -> ockam_core::Result<()> {
        black_box(msg.body());
        Ok(())
    }
}

/// A node and the names of the workers to come.
pub(super) struct Ours {
    app: Context,
    names: Names,
}

impl Side for Ours {
    async fn set_up(ops: u64) -> Result<Self> {
        Ok(Ours { app: NodeBuilder::new().build()?, names: Names::new(ops) })
    }

    /// Starts the workers. A side does it once, since their names are taken then.
    async fn run(&mut self, ops: u64) -> Result<()> {
        for name in self.names.first(ops) {
            self.app.start_worker(name, Idle).await?;
        }
        Ok(())
    }
}

/// The names `worker-000000` and so on, in one piece: what is measured later must not find the
/// holes that many small strings leave behind.
pub(super) struct Names {
    text: String,
    /// The length of each.
    len: usize,
}

impl Names {
    pub(super) fn new(count: u64) -> Self {
        let digits = count.to_string().len().max(6);
        let text = (0..count).map(|number| format!("worker-{number:0digits$}")).collect();
        Names { text, len: "worker-".len() + digits }
    }

    pub(super) fn first(&self, count: u64) -> impl Iterator<Item = &str> {
        let starts = (0..self.text.len()).step_by(self.len);
        starts.take(count as usize).map(|start| &self.text[start..start + self.len])
    }
}

/// How many tasks of the floor have run so far. It is not a field of theirs, because it would
/// count as their memory.
static WAITING: AtomicU64 = AtomicU64::new(0);

/// Waits until so many tasks of the floor wait for their first message.
async fn all_wait(count: u64) {
    while WAITING.load(Relaxed) < count {
        tokio::task::yield_now().await;
    }
    WAITING.store(0, Relaxed);
}

/// Tasks with a channel each.
pub(super) struct Floor {
    senders: Vec<mpsc::Sender<u64>>,
}

impl Side for Floor {
    async fn set_up(ops: u64) -> Result<Self> {
        Ok(Floor { senders: Vec::with_capacity(ops as usize) })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            let (sender, mut receiver) = mpsc::channel::<u64>(CAPACITY);
            self.senders.push(sender);
            tokio::spawn(async move {
                WAITING.fetch_add(1, Relaxed);
                while let Some(message) = receiver.recv().await {
                    black_box(message);
                }
            });
        }
        all_wait(ops).await;
        Ok(())
    }
}

/// Tasks that nobody can reach.
struct Bare;

impl Side for Bare {
    async fn set_up(_: u64) -> Result<Self> {
        Ok(Bare)
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            tokio::spawn(async {
                WAITING.fetch_add(1, Relaxed);
                pending::<()>().await;
            });
        }
        all_wait(ops).await;
        Ok(())
    }
}
