use ockam::{Context, Processor};

struct Ticker;

#[ockam::processor]
impl Processor for Ticker {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) {
        drop(ctx.stop().await);
    }
}

fn main() {}
