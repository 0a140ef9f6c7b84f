//! W9: a String of 1 MiB there and back, against one of 12 bytes. An operation is a round trip.
//!
//! It is always the same String, so its trips take as long as its copies do. The ratio is that of
//! the large to the small one; a body that is moved has 1.

use super::Workload;
use super::echo::{Echoer, Floor as Pair};
use crate::Result;
use crate::compare::compare;
use crate::options::Effort;
use crate::report::Row;
use crate::side::{Side, run_once};
use ockam_node::{Context, NodeBuilder};
use std::mem;

const LARGE: usize = 1 << 20;
const SMALL: usize = 12;

pub(super) const WORKLOAD: Workload = Workload {
    name: "w9_large",
    about: "a String of 1 MiB there and back; ratio: to one of 12 bytes; per trip",
    ops: 100_000,
    measure,
    run_ours: run_once::<Ours<LARGE>>,
    run_floor: run_once::<Floor<LARGE>>,
};

fn measure(workload: &Workload, effort: Effort) -> Result<Row> {
    let ours = compare::<Ours<LARGE>, Ours<SMALL>>(workload.ops, effort)?;
    let floor = compare::<Floor<LARGE>, Floor<SMALL>>(workload.ops, effort)?;
    Ok(Row::new(workload.name)
        .with("ns", ours.first_ns)
        .with("floor_ns", floor.first_ns)
        .with("ratio", ours.ratio())
        .with("allocs", ours.first.calls)
        .with("floor_allocs", floor.first.calls)
        .with("heap_bytes", ours.first.bytes)
        .with("small_ns", ours.second_ns)
        .with("floor_ratio", floor.ratio()))
}

struct Ours<const BYTES: usize> {
    app: Context,
    body: String,
}

impl<const BYTES: usize> Side for Ours<BYTES> {
    async fn set_up(_: u64) -> Result<Self> {
        let app = NodeBuilder::new().build()?;
        app.start_worker("echoer", Echoer).await?;
        Ok(Ours { app, body: "x".repeat(BYTES) })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            self.app.send("echoer", mem::take(&mut self.body)).await?;
            self.body = self.app.receive::<String>().await?.body();
        }
        check(&self.body, BYTES)
    }
}

struct Floor<const BYTES: usize> {
    pair: Pair,
    body: String,
}

impl<const BYTES: usize> Side for Floor<BYTES> {
    async fn set_up(_: u64) -> Result<Self> {
        Ok(Floor { pair: Pair::start(), body: "x".repeat(BYTES) })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            self.body = self.pair.trip(mem::take(&mut self.body)).await?;
        }
        check(&self.body, BYTES)
    }
}

fn check(body: &str, bytes: usize) -> Result<()> {
    if body.len() == bytes {
        return Ok(());
    }
    Err(format!("the body came back with {} bytes instead of {bytes}", body.len()).into())
}
