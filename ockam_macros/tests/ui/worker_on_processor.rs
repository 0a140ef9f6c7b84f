use ockam::{Context, Processor, Result};

struct Echoer;

#[ockam::worker]
impl Processor for Echoer {
    type Context = Context;

    async fn process(&mut self, _ctx: &mut Context) -> Result<bool> {
        Ok(false)
    }
}

fn main() {}
