use ockam::{Context, Processor};

struct Ticker;

#[ockam::processor]
impl Processor for Ticker {
    type Context = Context;
}

fn main() {}
