//! The owner's address that the service knows: where its answer came, and where a message may
//! still be sent.

use ockam_core::{Any, Result, Routed, Worker};
use ockam_node::Context;

/// Passes on what has a way to go behind its own address, and drops everything else: answers that
/// come late, and messages that would come here again.
///
/// Its outgoing access control is the gate of the connection, since what comes in here comes from
/// outside.
pub(super) struct Inlet;

impl Worker for Inlet {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        let me = message.transport_mut().onward_route.step()?;
        match message.onward_route().first() {
            Some(next) if *next != me => {
                // As at the border: nobody is told, and the node has counted it.
                let _ = ctx.forward(message).await;
            }
            _ => {}
        }
        Ok(())
    }
}
