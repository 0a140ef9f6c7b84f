use ockam::{Context, Result, Routed, Worker};

struct Echoer;

#[ockam::worker]
impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(_ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
