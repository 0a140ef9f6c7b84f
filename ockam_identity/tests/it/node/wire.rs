//! A hop in front of Bob's listener that shows a test every message, and changes or loses it.

use super::stage::{LISTENER, Stage, soon};
use ockam_core::{Any, Result, Routed, TransportMessage, Worker, route};
use ockam_identity::{SecureChannel, SecureChannelOptions};
use ockam_node::Context;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Shows a test every message that passes, which may be changed, and hands it on.
struct Wire {
    seen: UnboundedSender<TransportMessage>,
    change: Change,
}

type Change = Arc<Mutex<dyn FnMut(&mut TransportMessage) -> bool + Send>>;

impl Worker for Wire {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message().step_forward(ctx.address())?;
        let _ = self.seen.send(message.transport().clone());
        let passes = (self.change.lock().unwrap())(message.transport_mut());
        if passes { ctx.forward(message).await } else { Ok(()) }
    }
}

pub(crate) const WIRE: &str = "wire";

/// Puts a wire in front of the listener. Everything that the initiator sends goes over it, and
/// everything that the responder answers.
pub(crate) async fn wire(
    stage: &Stage,
    change: impl FnMut(&mut TransportMessage) -> bool + Send + 'static,
) -> UnboundedReceiver<TransportMessage> {
    let (seen, passed) = unbounded_channel();
    let wire = Wire { seen, change: Arc::new(Mutex::new(change)) };
    stage.ctx.start_worker(WIRE, wire).await.unwrap();
    passed
}

pub(crate) async fn channel_over_the_wire(stage: &Stage) -> SecureChannel {
    let channel = stage.channel_over(route![WIRE, LISTENER], SecureChannelOptions::new());
    soon(channel).await.unwrap()
}
