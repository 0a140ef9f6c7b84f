// examples/11-several-addresses.rs
// This node starts one worker that is reached at two addresses, and does something else at each.
//
// Run it with: cargo run --example 11-several-addresses

use ockam::{node, Context, Mailbox, Mailboxes, Result, Routed, Worker, WorkerBuilder};

/// Converts temperatures: to Fahrenheit at one of its addresses, to Celsius at the other.
struct Converter;

#[ockam::worker]
impl Worker for Converter {
    type Context = Context;
    type Message = f64;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<f64>) -> Result<()> {
        // The address at which this message came in. `ctx.address()` is always the first one.
        let address = msg.msg_addr();
        println!("Address: {}, Received: {}", address, msg);

        let degrees = match address.address() {
            "celsius" => (*msg - 32.0) / 1.8,
            _ => *msg * 1.8 + 32.0,
        };

        // `send` would answer from the worker's first address. This answers from the one that was
        // asked, so that the sender sees which question it is the answer to.
        let route = msg.return_route();
        ctx.send_from_address(route, degrees, address).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // A mailbox is an address and the rules for who may send to it. The first one of several is
    // the worker's name. The worker still handles one message at a time, whatever the address.
    let fahrenheit = Mailbox::allow_all("fahrenheit");
    let celsius = Mailbox::allow_all("celsius");
    WorkerBuilder::new(Converter)
        .with_mailboxes(Mailboxes::new(fahrenheit, vec![celsius]))
        .start(&node)
        .await?;

    for (address, degrees) in [("fahrenheit", 100.0), ("celsius", 50.0)] {
        node.send(address, degrees).await?;
        let reply = node.receive::<f64>().await?;
        println!("App Received: {} from {}", reply, reply.src_addr());
    }

    node.stop().await
}
