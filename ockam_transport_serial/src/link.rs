//! Starting and stopping a link.

use crate::line::Line;
use crate::pump::SerialPump;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::statistics::SerialStatistics;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use core::fmt;
use core::future::poll_fn;
use ockam_core::{Address, AllowAll, DenyAll, FlowControlId, Mailbox, Result, hop_conversions};
#[cfg(feature = "std")]
use ockam_node::LinkWatch;
use ockam_node::{Handle, LinkKind, LinkState, ProcessorBuilder, StopOrder, WorkerBuilder};

/// How many bytes a message on the line has at most, its routes included. Both ends need room for one that is sent and one that is received.
pub const MAX_MESSAGE_LEN: usize = 2048;

/// How many messages wait for the line before their senders wait.
const SENDER_CAPACITY: u32 = 16;

/// Says how a link is started.
#[derive(Clone, Debug)]
pub struct SerialLinkOptions {
    flow_control_id: Option<FlowControlId>,
}

impl SerialLinkOptions {
    /// Starts with a flow of the link's own.
    #[must_use]
    pub fn new() -> Self {
        SerialLinkOptions { flow_control_id: None }
    }

    /// Brings messages in under an id that the program has drawn, so that its workers can be made
    /// consumers before the link is there.
    #[must_use]
    pub fn with_flow_control_id(mut self, id: FlowControlId) -> Self {
        self.flow_control_id = Some(id);
        self
    }
}

impl Default for SerialLinkOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// A link over a serial line, which stands in routes as the hop that leads to the peer:
/// `route![&link, "echoer"]`.
///
/// A clone is another handle to the same link. Dropping it does not stop the link.
#[derive(Clone)]
pub struct SerialLink {
    handle: Handle,
    line: Arc<Line>,
    flow_control_id: FlowControlId,
    #[cfg(feature = "std")]
    watch: LinkWatch,
}

impl SerialLink {
    /// Starts the sender and the receiver of a link. The pump, which has to be run beside them,
    /// connects them with a port.
    ///
    /// # Errors
    /// As [`Handle::start_worker`]; [`Full`](ockam_core::ErrorKind::Full) on a board whose task
    /// slots are all taken, since the receiver needs one.
    ///
    /// # Cancel safety
    /// Dropped before it is done, there is no link.
    pub async fn start(
        handle: &Handle,
        options: SerialLinkOptions,
    ) -> Result<(SerialLink, SerialPump)> {
        let flows = handle.flow_controls();
        let flow_control_id =
            options.flow_control_id.unwrap_or_else(|| flows.generate_flow_control_id());
        let (sender, receiver) = (handle.random_local(), handle.random_local());
        let line = Line::new(sender.clone(), receiver.clone(), MAX_MESSAGE_LEN);
        let line = Arc::new(line);

        flows.add_producer(receiver.clone(), &flow_control_id, None, vec![sender.clone()]);
        let pump = SerialPump::new(Arc::clone(&line));
        let gate = Mailbox::new(receiver.clone(), DenyAll, flows.gate(receiver.clone()));
        let link = handle.add_link(LinkKind::Connection, &sender, "serial line", LinkState::Up);
        #[cfg(feature = "std")]
        let watch = link.watch();
        let processor = ProcessorBuilder::new(Receiver { line: Arc::clone(&line), link });
        if let Err(error) = processor.with_mailboxes(gate).start(handle).await {
            flows.remove(&receiver);
            return Err(error);
        }
        // From here on the end of the pump ends the receiver.
        WorkerBuilder::new(Sender { line: Arc::clone(&line) })
            .with_mailboxes(Mailbox::new(sender, AllowAll, DenyAll))
            .with_mailbox_capacity(SENDER_CAPACITY)
            .with_stop_order(StopOrder::Transport)
            .start(handle)
            .await?;
        let link = SerialLink {
            handle: handle.handle(),
            line,
            flow_control_id,
            #[cfg(feature = "std")]
            watch,
        };
        Ok((link, pump))
    }

    /// Starts a link over one of tokio's streams, with the pump in a task of its own.
    ///
    /// # Errors
    /// As [`Handle::start_worker`].
    ///
    /// # Cancel safety
    /// As [`start`](Self::start).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(feature = "std")]
    pub async fn over<S>(
        handle: &Handle,
        stream: S,
        options: SerialLinkOptions,
    ) -> Result<SerialLink>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + 'static,
    {
        use embedded_io_adapters::tokio_1::FromTokio;
        let (link, pump) = Self::start(handle, options).await?;
        let (reader, writer) = tokio::io::split(stream);
        let (reader, writer) = (FromTokio::new(reader), FromTokio::new(writer));
        // How it ends is what `ended` says.
        tokio::spawn(async move { drop(pump.run(reader, writer).await) });
        Ok(link)
    }

    /// Returns the address of the sender: the hop that leads to the peer.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.line.sender
    }

    /// Returns the id of the flow that the link brings in: its consumers can be reached.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow_control_id
    }

    /// Returns where the link is: up, or down once it has ended. Whether somebody is at the other end
    /// of the line is not known.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.watch.state()
    }

    /// Begins to follow the link. It does not keep it.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn watch(&self) -> LinkWatch {
        self.watch.clone()
    }

    /// Returns what went over the line so far.
    #[must_use]
    pub fn statistics(&self) -> SerialStatistics {
        self.line.counters.snapshot()
    }

    /// Waits until the link has ended, and says why.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub async fn ended(&self) -> String {
        let wait = self.line.wait();
        poll_fn(|cx| wait.poll(cx.waker())).await;
        drop(wait);
        self.line.why_ended().unwrap_or_default()
    }

    /// Stops the link: what is queued leaves, then both workers and the pump end.
    ///
    /// # Errors
    /// As [`Handle::stop_worker`].
    ///
    /// # Cancel safety
    /// As [`Handle::stop_worker`].
    pub async fn stop(&self) -> Result<()> {
        if self.line.why_ended().is_none() {
            self.handle.stop_worker(self.line.sender.clone()).await?;
        }
        // Unless it has found out by itself.
        let _ = self.handle.stop_processor(self.line.receiver.clone()).await;
        Ok(())
    }
}

hop_conversions!(SerialLink, |link| &link.line.sender);

impl fmt::Debug for SerialLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SerialLink").field(&self.line.sender).finish()
    }
}
