//! How a socket becomes a connection: a link, and the two workers that share it.
//!
//! It owns what the two are started with. It refuses to know what they do then, and where the socket
//! is from.

use crate::accepted::Accepted;
use crate::direct::Direct;
use crate::direction::TcpDirection;
use crate::limits::{FREE_QUEUED_LEN, Limits};
use crate::link::Link;
use crate::receiver::Receiver;
use crate::redial::Redial;
use crate::registry::Registry;
use crate::sender::Sender;
use crate::socket;
use crate::write_buffer::SharedWriteBuffer;
use ockam_core::{AllowAll, DenyAll, Error, ErrorKind, FlowControlId, Mailbox, Result};
use ockam_node::{ByteBudget, Handle, ProcessorBuilder, StopOrder, WorkerBuilder};
use std::sync::Arc;
use tokio::net::TcpStream;

/// A new socket, and what is to become of it.
pub(crate) struct Opening {
    pub(crate) stream: TcpStream,
    pub(crate) direction: TcpDirection,
    /// The other side, as the program named it, or its socket's address.
    pub(crate) peer: String,
    pub(crate) flow: FlowControlId,
    pub(crate) limits: Limits,
    /// What it shares with others, if a listener accepted it.
    pub(crate) accepted: Option<Accepted>,
    pub(crate) redial: Option<Redial>,
}

impl Opening {
    /// Says the first byte and starts the two workers.
    pub(crate) async fn open(self, ctx: &Handle, registry: &Arc<Registry>) -> Result<Arc<Link>> {
        let Opening { stream, direction, peer, flow, limits, accepted, redial } = self;
        socket::prepare(&stream, limits.dead_path()).map_err(|error| {
            Error::with_kind(ErrorKind::Io, error)
                .add_context(format!("preparing the socket of {peer}"))
        })?;
        let (reading, writing) = stream.into_split();
        let link =
            Link::new(ctx, registry.on_end(), flow, (direction, peer), writing, redial.is_some());
        if let Some(accepted) = &accepted {
            accepted.permit.attach(&link);
        }
        let spawner = accepted.as_ref().map(|accepted| &accepted.spawner);
        announce(&link, ctx, spawner, &limits);
        let queued = accepted.as_ref().map(|accepted| accepted.queued.clone());
        let charge = queued.as_ref().map(ByteBudget::charge);
        let outgoing = Arc::new(SharedWriteBuffer::new(limits.max_sent_frame_len, charge));
        let sender = Sender::new(&link, &outgoing, limits.write_stall, queued.clone());
        let direct = Direct::new(Arc::clone(&link), Arc::clone(&outgoing));
        let receiver = Receiver::new(&link, outgoing, reading, &limits, accepted, redial);
        let started = async {
            start_sender(&link, ctx, sender, direct, &limits, queued).await?;
            start_receiver(&link, ctx, receiver).await
        };
        if let Err(error) = started.await {
            drop(link.end(ctx, "its workers could not be started"));
            return Err(error);
        }
        registry.add_link(&link);
        if link.has_ended() {
            // It was over before it was known.
            registry.remove_link(&link);
        }
        tracing::debug!(connection = %link, sender = %link.sender(), "connected");
        Ok(link)
    }
}

/// Tells the flow controls about the connection.
fn announce(link: &Link, ctx: &Handle, spawner: Option<&FlowControlId>, limits: &Limits) {
    let flows = ctx.flow_controls();
    let senders = vec![link.sender().clone()];
    flows.add_producer(link.receiver().clone(), link.flow(), spawner, senders);
    for id in &limits.consumer_of {
        flows.add_consumer(link.sender().clone(), id);
    }
}

async fn start_sender(
    link: &Link,
    ctx: &Handle,
    sender: Sender,
    direct: Direct,
    limits: &Limits,
    queued: Option<ByteBudget>,
) -> Result<()> {
    let mailbox = Mailbox::new(link.sender().clone(), AllowAll, DenyAll);
    let mut builder = WorkerBuilder::new(sender)
        .with_mailboxes(mailbox)
        .with_shortcut(direct)
        .with_stop_order(StopOrder::Transport);
    if let Some(capacity) = limits.mailbox_capacity {
        builder = builder.with_mailbox_capacity(capacity);
    }
    if let Some(bytes) = limits.mailbox_bytes {
        builder = builder.with_mailbox_bytes(bytes);
    }
    if let Some(queued) = &queued {
        builder = builder.with_byte_budget(queued, FREE_QUEUED_LEN as u32);
    }
    builder.start(ctx).await
}

/// Starts the receiver; without one, the sender ends as well.
async fn start_receiver(link: &Link, ctx: &Handle, receiver: Receiver) -> Result<()> {
    let gate = ctx.flow_controls().gate(link.receiver().clone());
    let mailbox = Mailbox::new(link.receiver().clone(), DenyAll, gate);
    let started = ProcessorBuilder::new(receiver).with_mailboxes(mailbox).start(ctx).await;
    if started.is_err() {
        link.break_off("its receiver could not be started");
        ctx.stop_worker(link.sender().clone()).await?;
    }
    started
}
