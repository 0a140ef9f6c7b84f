use ockam::{Context, Result, Routed, Worker};

struct Echoer;

#[ockam::worker]
impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    fn initialize(&mut self, _ctx: &mut Context) -> Result<()> {
        Ok(())
    }

    async fn handle_message(&mut self, _ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
