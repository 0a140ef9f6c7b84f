//! A worker that runs on the board and on the computer.

use crate::Reading;
use ockam::{Context, Result, Routed, Worker};

/// Answers every reading with the mean of all that it got.
#[derive(Default)]
pub struct Average {
    sum: i64,
    count: i64,
}

#[ockam::worker]
impl Worker for Average {
    type Context = Context;
    type Message = Reading;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Reading>) -> Result<()> {
        self.sum += i64::from(msg.millidegrees);
        self.count += 1;
        let mean = self.sum / self.count;
        ctx.send(msg.return_route(), mean as i32).await
    }
}
