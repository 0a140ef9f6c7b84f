//! Two sides against each other, in one process and on one runtime.

use crate::Result;
use crate::options::Effort;
use crate::side::{Allocation, Side, allocation, drive, time};

/// How many times each side runs; the median counts.
const ROUNDS: usize = 9;

/// What a comparison found, per operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared {
    pub(crate) first_ns: f64,
    pub(crate) second_ns: f64,
    pub(crate) first: Allocation,
    pub(crate) second: Allocation,
}

impl Compared {
    /// Returns how many times as long the first side takes.
    pub(crate) fn ratio(&self) -> f64 {
        self.first_ns / self.second_ns
    }
}

/// Runs two sides in turns: whatever else the machine does at a time meets both of them.
pub(crate) fn compare<A: Side, B: Side>(ops: u64, effort: Effort) -> Result<Compared> {
    let (ops, rounds) = match effort {
        Effort::Full => (ops, ROUNDS),
        Effort::Quick => (ops / 50, 1),
    };
    drive(async move {
        let (mut first, mut second) = (A::set_up(ops).await?, B::set_up(ops).await?);
        first.run(ops / 4).await?;
        second.run(ops / 4).await?;
        let (mut first_ns, mut second_ns) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            first_ns.push(time(&mut first, ops).await?.as_nanos() as f64 / ops as f64);
            second_ns.push(time(&mut second, ops).await?.as_nanos() as f64 / ops as f64);
        }
        Ok(Compared {
            first_ns: median(first_ns),
            second_ns: median(second_ns),
            first: allocation(&mut first, ops / 8).await?,
            second: allocation(&mut second, ops / 8).await?,
        })
    })
}

/// Returns the value in the middle; of an even number, the larger of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
