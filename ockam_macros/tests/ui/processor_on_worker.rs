use ockam::{Context, Result, Routed, Worker};

struct Ticker;

#[ockam::processor]
impl Worker for Ticker {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
