use ockam::{Context, Processor, Result};

struct Ticker;

#[ockam::processor]
impl Processor for Ticker {
    type Context = Context;

    fn process(&mut self, _ctx: &mut Context) -> Result<bool> {
        Ok(false)
    }
}

fn main() {}
