//! A connection between two nodes in one process: frames go over it as they do over a wire, and
//! the test sees them.

use ockam_core::{
    Address, Any, Decoded, DenyAll, FlowControlId, FrameDecoder, Result, Route, Routed,
    TransportMessage, Worker, encode_frame,
};
use ockam_node::{Context, Handle, StopOrder, WorkerBuilder};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// The frames of a connection, in order.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Passed>>>);

/// A frame, and the end that sent it.
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

/// Connects two nodes as [`connect`] does, through a node in the middle that adds a hop to the front
/// of each return route to the second one, and removes it from the answers.
pub(crate) async fn connect_adding(hop: Address, first: &Handle, second: &Handle) -> (End, End) {
    let seen = Seen::default();
    let (from_first, mut outward) = mpsc::unbounded_channel();
    let (to_second, arriving) = mpsc::unbounded_channel();
    let (from_second, mut back) = mpsc::unbounded_channel();
    let (to_first, returning) = mpsc::unbounded_channel();
    let one = open(first, from_first, returning, (seen.clone(), false)).await;
    let two = open(second, from_second, arriving, (seen, true)).await;
    tokio::spawn(async move {
        loop {
            let (message, next) = tokio::select! {
                Some(frame) = outward.recv() => {
                    let mut message = decode(&frame);
                    message.return_route.push_front(hop.clone());
                    (message, &to_second)
                }
                Some(frame) = back.recv() => {
                    let mut message = decode(&frame);
                    assert_eq!(message.onward_route.step().unwrap(), hop);
                    (message, &to_first)
                }
                else => return,
            };
            let mut bytes = Vec::new();
            encode_frame(&message, &mut bytes).unwrap();
            let _ = next.send(bytes);
        }
    });
    (one, two)
}

fn decode(frame: &[u8]) -> TransportMessage {
    let mut decoder = FrameDecoder::without_preface();
    decoder.handle_input(frame);
    match decoder.poll_message() {
        Ok(Some(Decoded::Message(message))) => message,
        other => panic!("a frame that is none: {other:?}"),
    }
}

async fn open(
    handle: &Handle,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    mut incoming: mpsc::UnboundedReceiver<Vec<u8>>,
    (seen, from_first): (Seen, bool),
) -> End {
    let (sender, receiver) = (handle.random_local(), handle.random_local());
    let worker = WorkerBuilder::new(Sender(outgoing)).with_address(sender.clone());
    worker.with_stop_order(StopOrder::Transport).start(handle).await.unwrap();
    let flows = handle.flow_controls();
    let flow = flows.generate_flow_control_id();
    flows.add_producer(receiver.clone(), &flow, None, vec![sender.clone()]);
    let gate = flows.gate(receiver.clone());
    let context = handle.new_detached(receiver, DenyAll, gate).await.unwrap();
    let end = End { sender: sender.clone(), flow };
    tokio::spawn(async move {
        while let Some(frame) = incoming.recv().await {
            let mut message = decode(&frame);
            let passed = Passed { from_first, message: message.clone() };
            seen.0.lock().unwrap().push(passed);
            message.return_route.push_front(sender.clone());
            // Workers that are not consumers are not reached.
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
