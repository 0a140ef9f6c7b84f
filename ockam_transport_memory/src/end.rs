//! One end of a link: the worker that writes outgoing messages, the processor that delivers
//! incoming ones, and the program's handle to both.
//!
//! It owns the rules of `docs/protocol.md` for a connection: only the sender's address appears in
//! routes, and only consumers of its flow can be reached.

use crate::link::{Link, Side};
use ockam_core::{
    Address, Any, Decoded, DenyAll, Error, ErrorKind, FlowControlId, FrameDecoder, LocalMessage,
    Mailbox, Processor, Result, Routed, Worker, encode_frame, hop_conversions,
};
use ockam_node::{Context, DeadLetterReason, Handle, ProcessorBuilder, StopOrder, WorkerBuilder};
use std::fmt;
use std::sync::Arc;

/// One end of a link. In a route of its node it is the hop that leads to the other end.
///
/// A clone is another handle to the same end. Dropping a handle does not end the link:
/// [`Network::disconnect`](crate::Network::disconnect) does, or stopping a node.
#[derive(Clone)]
pub struct LinkEnd {
    pub(crate) link: Arc<Link>,
    pub(crate) side: Side,
    sender: Address,
    receiver: Address,
    flow_control_id: FlowControlId,
}

impl LinkEnd {
    /// Starts the workers of one end; `spawner` is the flow of the node that accepted the link.
    pub(crate) async fn start(
        node: &Handle,
        link: &Arc<Link>,
        side: Side,
        spawner: Option<&FlowControlId>,
    ) -> Result<Self> {
        let flows = node.flow_controls();
        let end = LinkEnd {
            link: Arc::clone(link),
            side,
            sender: node.random_local(),
            receiver: node.random_local(),
            flow_control_id: flows.generate_flow_control_id(),
        };
        let sender = Sender { link: Arc::clone(link), side };
        let sender = WorkerBuilder::new(sender).with_address(end.sender.clone());
        sender.with_stop_order(StopOrder::Transport).start(node).await?;
        let companions = vec![end.sender.clone()];
        flows.add_producer(end.receiver.clone(), &end.flow_control_id, spawner, companions);
        let mailbox = Mailbox::new(end.receiver.clone(), DenyAll, flows.gate(end.receiver.clone()));
        let receiver = Receiver { link: Arc::clone(link), side, sender: end.sender.clone() };
        let started = ProcessorBuilder::new(receiver).with_mailboxes(mailbox).start(node).await;
        if let Err(error) = started {
            // The sender is idle: its address is not known yet.
            node.stop_worker(end.sender.clone()).await?;
            return Err(error);
        }
        Ok(end)
    }

    /// Returns the address to use in routes, that of the sending worker.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.sender
    }

    /// Returns the address of the processor that delivers incoming messages.
    #[must_use]
    pub fn receiver_address(&self) -> &Address {
        &self.receiver
    }

    /// Returns the flow of incoming messages. Only its consumers can be reached over the link.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow_control_id
    }

    /// Returns the counters of frames sent into this end.
    #[must_use]
    pub fn counters(&self) -> crate::Counters {
        self.link.counters(self.side)
    }

    /// Returns whether the link is open. A link that is cut counts as open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.link.is_open()
    }
}

hop_conversions!(LinkEnd, |end| &end.sender);

impl fmt::Debug for LinkEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkEnd")
            .field("link", &self.link.number)
            .field("to", self.link.name(self.side.other()))
            .field("address", &self.sender)
            .finish_non_exhaustive()
    }
}

/// Worker that writes outgoing messages to the link.
struct Sender {
    link: Arc<Link>,
    side: Side,
}

impl Worker for Sender {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.step()?;
        let mut frame = Vec::new();
        encode_frame(message.transport(), &mut frame)
            .map_err(|error| Error::with_kind(ErrorKind::InvalidInput, error))?;
        if self.link.send(self.side, frame).await.is_err() {
            let error = Error::with_kind(ErrorKind::Stopped, has_ended(&self.link, self.side));
            ctx.reject(&message, DeadLetterReason::Stopped, error);
        }
        Ok(())
    }
}

/// Notifies the other side, after the last frame, when the sender ends for any reason.
impl Drop for Sender {
    fn drop(&mut self) {
        self.link.finish(self.side);
    }
}

/// Processor that delivers messages from the link.
struct Receiver {
    link: Arc<Link>,
    side: Side,
    sender: Address,
}

impl Processor for Receiver {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        let why = match self.link.receive(self.side).await {
            None => has_ended(&self.link, self.side),
            Some(frame) => match self.bring_in(ctx, &frame).await {
                Ok(()) => return Ok(true),
                Err(error) => format!("{}: {error}", has_ended(&self.link, self.side)),
            },
        };
        ctx.end_flow(ctx.primary_address(), why);
        // A message that waits for room in the link must not keep the sender from stopping.
        self.link.close();
        ctx.stop_worker(self.sender.clone()).await?;
        Ok(false)
    }
}

impl Receiver {
    /// Delivers the messages of one received chunk, usually one.
    async fn bring_in(&self, ctx: &Context, frame: &[u8]) -> Result<()> {
        let mut decoder = FrameDecoder::without_preface();
        decoder.handle_input(frame);
        let broken = |error| Error::with_kind(ErrorKind::Encoding, error);
        while let Some(decoded) = decoder.poll_message().map_err(broken)? {
            match decoded {
                Decoded::Message(mut message) => {
                    message.return_route.push_front(self.sender.clone());
                    // An undeliverable message becomes a dead letter; the sender is not notified.
                    let _ = ctx.forward(LocalMessage::from(message)).await;
                }
                Decoded::Heartbeat => {}
                other => tracing::debug!(receiver = %ctx.primary_address(), ?other, "dropped"),
            }
        }
        Ok(())
    }
}

/// Stops the other side from sending when the receiver ends for any reason.
impl Drop for Receiver {
    fn drop(&mut self) {
        self.link.refuse(self.side);
    }
}

fn has_ended(link: &Link, side: Side) -> String {
    format!("link {} to {} has ended", link.number, link.name(side.other()))
}
