use ockam::{Context, Result, Routed, Worker};

struct Greeter<'a> {
    name: &'a str,
}

#[ockam::worker]
impl<'a> Worker for Greeter<'a> {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        ctx.send(msg.return_route(), self.name.to_string()).await
    }
}

fn main() {}
