use ockam::{Context, Result, Routed, Worker};

struct Echoer;

#[ockam::worker]
impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(
        &mut self,
        _ctx: &mut Context,
        msg: Routed<String>,
        more: u8,
    ) -> Result<()> {
        drop((msg, more));
        Ok(())
    }
}

fn main() {}
