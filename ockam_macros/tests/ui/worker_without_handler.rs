use ockam::{Context, Worker};

struct Echoer;

#[ockam::worker]
impl Worker for Echoer {
    type Context = Context;
    type Message = String;
}

fn main() {}
