//! The computer's side: a worker that takes the readings of a board.

use ockam::{Context, Result, Routed, Worker};
use tokio::sync::mpsc::Sender;
use workers::Reading;

/// Prints readings, or passes them on to whoever wants them.
pub struct Collector {
    pub listener: Option<Sender<Reading>>,
}

#[ockam::worker]
impl Worker for Collector {
    type Context = Context;
    type Message = Reading;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Reading>) -> Result<()> {
        match &self.listener {
            // Whoever does not keep up misses some.
            Some(listener) => drop(listener.try_send(msg.body())),
            None => println!("reading {}: {} m°C", msg.number, msg.millidegrees),
        }
        Ok(())
    }
}
