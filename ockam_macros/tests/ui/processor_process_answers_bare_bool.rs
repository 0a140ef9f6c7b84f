use ockam::{Context, Processor};

struct Ticker;

#[ockam::processor]
impl Processor for Ticker {
    type Context = Context;

    async fn process(&mut self, _ctx: &mut Context) -> bool {
        false
    }
}

fn main() {}
