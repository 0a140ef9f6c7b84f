use ockam::{Context, Result, Routed, Worker};

struct Echoer;

#[ockam::worker]
impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: Context, _msg: Routed<String>) -> Result<()> {
        drop(ctx);
        Ok(())
    }
}

fn main() {}
