//! W1: the stop of a node with very many workers. An operation is the stop of one.
//!
//! The floor closes all channels and waits until the last task has ended.

use super::idle::Names;
use super::{CAPACITY, Workload};
use crate::Result;
use crate::compare::median;
use crate::options::Effort;
use crate::report::Row;
use crate::side::{Side, run_once};
use ockam_core::{Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::mpsc;

/// How many times each side stops; the median counts.
const ROUNDS: usize = 3;

/// How long the stop may take before it would cut workers off, which is an error here.
const LIMIT: Duration = Duration::from_secs(300);

pub(super) const WORKLOAD: Workload = Workload {
    name: "w1_stop",
    about: "the stop of a node with many workers; per worker",
    ops: 500_000,
    measure,
    run_ours: run_once::<Ours>,
    run_floor: run_once::<Floor>,
};

fn measure(workload: &Workload, effort: Effort) -> Result<Row> {
    let (count, rounds) = match effort {
        Effort::Full => (workload.ops, ROUNDS),
        Effort::Quick => (workload.ops / 25, 1),
    };
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(run_once::<Ours>(count)?.as_secs_f64());
        floor.push(run_once::<Floor>(count)?.as_secs_f64());
    }
    let (ours, floor) = (median(ours), median(floor));
    Ok(Row::new(workload.name)
        .with("ns", ours / count as f64 * 1e9)
        .with("floor_ns", floor / count as f64 * 1e9)
        .with("ratio", ours / floor)
        .with("workers", count as f64)
        .with("seconds", ours)
        .with("floor_seconds", floor))
}

/// How many workers have shut down since the node was made.
static SHUT_DOWN: AtomicU64 = AtomicU64::new(0);

/// Counts its own end.
struct Counted;

impl Worker for Counted {
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

    async fn shutdown(&mut self, _: &mut Context) -> ockam_core::Result<()> {
        SHUT_DOWN.fetch_add(1, Relaxed);
        Ok(())
    }
}

struct Ours {
    app: Context,
}

impl Side for Ours {
    async fn set_up(ops: u64) -> Result<Self> {
        let app = NodeBuilder::new().with_stop_timeout(LIMIT).build()?;
        for name in Names::new(ops).first(ops) {
            app.start_worker(name, Counted).await?;
        }
        SHUT_DOWN.store(0, Relaxed);
        Ok(Ours { app })
    }

    /// Stops the node, and checks that it has done what it says.
    async fn run(&mut self, ops: u64) -> Result<()> {
        self.app.stop().await?;
        let shut_down = SHUT_DOWN.load(Relaxed);
        if shut_down != ops {
            return Err(format!("{shut_down} of {ops} workers have shut down").into());
        }
        let left = self.app.list_workers();
        match left.iter().find(|worker| *worker != self.app.primary_address()) {
            Some(worker) => Err(format!("{worker} is still there after the stop").into()),
            None => Ok(()),
        }
    }
}

struct Floor {
    senders: Vec<mpsc::Sender<u64>>,
    /// Ends when the last task has dropped its sender.
    ended: mpsc::Receiver<()>,
}

impl Side for Floor {
    async fn set_up(ops: u64) -> Result<Self> {
        let (alive, ended) = mpsc::channel(1);
        let mut senders = Vec::with_capacity(ops as usize);
        for _ in 0..ops {
            let (sender, mut receiver) = mpsc::channel::<u64>(CAPACITY);
            let alive = alive.clone();
            senders.push(sender);
            tokio::spawn(async move {
                while let Some(message) = receiver.recv().await {
                    black_box(message);
                }
                drop(alive);
            });
        }
        Ok(Floor { senders, ended })
    }

    async fn run(&mut self, _: u64) -> Result<()> {
        self.senders.clear();
        match self.ended.recv().await {
            None => Ok(()),
            Some(()) => Err("a task sent what it only had to drop".into()),
        }
    }
}
