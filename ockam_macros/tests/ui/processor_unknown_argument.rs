use ockam::{Context, Processor, Result};

struct Ticker;

#[ockam::processor(interval = 4)]
impl Processor for Ticker {
    type Context = Context;

    async fn process(&mut self, _ctx: &mut Context) -> Result<bool> {
        Ok(false)
    }
}

fn main() {}
