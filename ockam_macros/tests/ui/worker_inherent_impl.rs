use ockam::{Context, Result, Routed};

struct Echoer;

#[ockam::worker]
impl Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        Ok(())
    }
}

fn main() {}
