//! A connection between two nodes in one process: frames go over it as they do over a wire, and
//! the test sees them.

use ockam_core::{
    Address, Any, Decoded, DenyAll, FlowControlId, FrameDecoder, Result, Route, Routed,
    TransportMessage, Worker, encode_frame,
};
use ockam_node::{Context, Handle};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// What went over a connection, in order.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Passed>>>);

/// A message as it was on the wire, and which end has sent it.
#[derive(Clone)]
pub(crate) struct Passed {
    pub(crate) from_first: bool,
    pub(crate) message: TransportMessage,
}

impl Seen {
    pub(crate) fn all(&self) -> Vec<Passed> {
        self.0.lock().unwrap().clone()
    }
}

/// One end of a connection.
pub(crate) struct End {
    /// The address that stands for the connection in routes.
    pub(crate) sender: Address,
    pub(crate) flow: FlowControlId,
}

/// Writes frames.
struct Sender(mpsc::UnboundedSender<Vec<u8>>);

impl Worker for Sender {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_transport_message();
        message.onward_route.step()?;
        let mut frame = Vec::new();
        encode_frame(&message, &mut frame)?;
        let _ = self.0.send(frame);
        Ok(())
    }
}

/// Connects two nodes.
pub(crate) async fn connect(first: &Handle, second: &Handle) -> (End, End, Seen) {
    let seen = Seen::default();
    let (to_second, from_first) = mpsc::unbounded_channel();
    let (to_first, from_second) = mpsc::unbounded_channel();
    let one = open(first, to_second, from_second, (seen.clone(), false)).await;
    let two = open(second, to_first, from_first, (seen.clone(), true)).await;
    (one, two, seen)
}

async fn open(
    handle: &Handle,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    mut incoming: mpsc::UnboundedReceiver<Vec<u8>>,
    (seen, from_first): (Seen, bool),
) -> End {
    let (sender, receiver) = (handle.random_local(), handle.random_local());
    handle.start_worker(sender.clone(), Sender(outgoing)).await.unwrap();
    let flows = handle.flow_controls();
    let flow = flows.generate_flow_control_id();
    flows.add_producer(receiver.clone(), &flow, None, vec![sender.clone()]);
    let gate = flows.gate(receiver.clone());
    let context = handle.new_detached(receiver, DenyAll, gate).await.unwrap();
    let end = End { sender: sender.clone(), flow };
    tokio::spawn(async move {
        while let Some(frame) = incoming.recv().await {
            let mut decoder = FrameDecoder::without_preface();
            decoder.handle_input(&frame);
            let Ok(Some(Decoded::Message(mut message))) = decoder.poll_message() else {
                panic!("a frame that is none");
            };
            let passed = Passed { from_first, message: message.clone() };
            seen.0.lock().unwrap().push(passed);
            message.return_route.push_front(sender.clone());
            // Who may not be reached is not reached.
            let _ = context.forward(message.into()).await;
        }
    });
    end
}

/// Passes messages on along a fixed route, as a relay does.
pub(crate) struct Forwarder(pub(crate) Route);

impl Worker for Forwarder {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        let route = &mut message.transport_mut().onward_route;
        route.step()?;
        route.modify().prepend_route(self.0.clone());
        ctx.forward(message).await
    }
}
