// src/hop.rs
use ockam::{Any, Context, Result, Routed, Worker};

/// Passes every message on to the next address of its route.
pub struct Hop;

#[ockam::worker]
impl Worker for Hop {
    type Context = Context;

    // A hop takes every message, whatever its type, and never looks inside.
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        println!("Address: {}, Received: {}", ctx.address(), msg);

        let mut message = msg.into_local_message();
        let transport_message = message.transport_mut();

        // This worker is the first address of the onward route. Take it off, so that the route
        // starts with the next hop.
        transport_message.onward_route.step()?;

        // The answer is to come back the same way, so this worker goes in front of the return route.
        transport_message
            .return_route
            .modify()
            .prepend(ctx.address());

        ctx.forward(message).await
    }
}
