use ockam::{Context, Result, Routed, Worker};

struct Echoer;

#[ockam::worker]
impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    fn handle_message(&mut self, ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        ctx.stop().await
    }
}

fn main() {}
