//! One end of a pipe: the worker that writes into it, and the processor that reads from it.

use ockam::access_control::DenyAll;
use ockam::dead_letter::DeadLetterReason;
use ockam::flow_control::FlowControlId;
use ockam::transport::{
    Decoded, FrameDecoder, LinkGuard, LinkKind, LinkState, PREFACE, StopOrder, encode_frame,
};
use ockam::{
    Address, Any, Context, Error, ErrorKind, Handle, LocalMessage, Mailbox, Processor,
    ProcessorBuilder, Result, Routed, Worker, WorkerBuilder,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};

/// How many bytes are read at a time.
const READ_LEN: usize = 4096;

/// Which end of a pipe it is.
pub(crate) enum Side<'a> {
    /// The one that named the other node.
    Opened(&'a str),
    /// The one that a listener has spawned, in its flow.
    Accepted(&'a FlowControlId),
}

/// Starts both halves of an end, and returns the address that routes name.
pub(crate) async fn start(node: &Handle, pipe: DuplexStream, side: Side<'_>) -> Result<Address> {
    let (reads, mut writes) = tokio::io::split(pipe);
    writes.write_all(&[PREFACE]).await?;
    let (sender, receiver) = (node.random_local(), node.random_local());

    let flows = node.flow_controls();
    let flow = flows.generate_flow_control_id();
    let (name, spawner) = match side {
        Side::Accepted(spawner) => ("a pipe from another node", Some(spawner)),
        Side::Opened(name) => (name, None),
    };
    flows.add_producer(receiver.clone(), &flow, spawner, vec![sender.clone()]);

    WorkerBuilder::new(Sender(writes))
        .with_address(sender.clone())
        .with_stop_order(StopOrder::Transport)
        .start(node)
        .await?;
    let border = flows.gate(receiver.clone());
    let mailbox = Mailbox::new(receiver, DenyAll, border);
    // Programs see it in the list of links, and can wait for its end.
    let link = node.add_link(LinkKind::Connection, &sender, name, LinkState::Up);
    let decoder = FrameDecoder::default();
    ProcessorBuilder::new(Receiver { reads, decoder, sender: sender.clone(), link })
        .with_mailboxes(mailbox)
        .start(node)
        .await?;
    Ok(sender)
}

/// Writes what is routed to it into the pipe.
struct Sender(WriteHalf<DuplexStream>);

impl Worker for Sender {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.step()?;
        let mut frame = Vec::new();
        encode_frame(message.transport(), &mut frame)
            .map_err(|error| Error::with_kind(ErrorKind::InvalidInput, error))?;
        if let Err(error) = self.0.write_all(&frame).await {
            ctx.reject(&message, DeadLetterReason::Stopped, Error::with_kind(ErrorKind::Io, error));
        }
        Ok(())
    }

    async fn shutdown(&mut self, _ctx: &mut Context) -> Result<()> {
        Ok(self.0.shutdown().await?)
    }
}

/// Delivers what comes out of the pipe.
struct Receiver {
    reads: ReadHalf<DuplexStream>,
    decoder: FrameDecoder,
    sender: Address,
    link: LinkGuard,
}

impl Processor for Receiver {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        let mut bytes = [0; READ_LEN];
        let len = self.reads.read(&mut bytes).await?;
        self.decoder.handle_input(&bytes[..len]);
        while let Some(decoded) = self.decoder.poll_message()? {
            if let Decoded::Message(mut message) = decoded {
                message.return_route.push_front(self.sender.clone());
                // What cannot be delivered is a dead letter.
                let _ = ctx.forward(LocalMessage::from(message)).await;
            }
        }
        Ok(len > 0)
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        self.link.end();
        ctx.end_flow(ctx.primary_address(), "the pipe has ended");
        if ctx.is_worker_registered_at(self.sender.clone()) {
            ctx.stop_worker(self.sender.clone()).await?;
        }
        Ok(())
    }
}
