use ockam::{Context, Result};

struct Ticker;

#[ockam::processor]
impl Ticker {
    type Context = Context;

    async fn process(&mut self, _ctx: &mut Context) -> Result<bool> {
        Ok(false)
    }
}

fn main() {}
