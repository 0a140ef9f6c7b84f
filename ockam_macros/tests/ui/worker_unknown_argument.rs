use ockam::{Context, Result, Routed, Worker};

struct Echoer;

#[ockam::worker(capacity = 4)]
impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
