//! What measures.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use ockam::{Context, Processor, Result, Route};
use workers::Reading;

/// Sends a reading along a route, again and again.
pub struct Thermometer {
    to: Route,
    interval_ms: Arc<AtomicU32>,
    measured: u32,
}

impl Thermometer {
    pub fn new(to: Route, interval_ms: Arc<AtomicU32>) -> Self {
        Thermometer {
            to,
            interval_ms,
            measured: 0,
        }
    }

    /// A board would ask its sensor; this one has a day that lasts a minute.
    fn measure(&mut self) -> Reading {
        self.measured += 1;
        let seconds = (self.measured % 60) as i32;
        Reading {
            number: self.measured,
            millidegrees: 15_000 + 250 * (30 - (seconds - 30).abs()),
        }
    }
}

#[ockam::processor]
impl Processor for Thermometer {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        let reading = self.measure();
        ctx.send(self.to.clone(), reading).await?;
        ctx.sleep(Duration::from_millis(
            self.interval_ms.load(Ordering::Relaxed).into(),
        ))
        .await;
        Ok(true)
    }
}
