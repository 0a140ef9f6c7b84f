use ockam::{Context, Processor, Result};

struct Ticker;

#[ockam::processor]
impl Processor for Ticker {
    type Context = Context;

    async fn process(&mut self, _ctx: &mut Context, _msg: String) -> Result<bool> {
        Ok(false)
    }
}

fn main() {}
