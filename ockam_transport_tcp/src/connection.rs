//! A connection as a program sees it.

use crate::direction::TcpDirection;
use crate::link::{Link, Phase};
use core::fmt;
use ockam_core::{Address, Error, ErrorKind, FlowControlId, Result, hop_conversions};
use ockam_node::{Handle, LinkState, LinkWatch};
use std::sync::Arc;

/// A connection to another node, made by [`TcpTransport::connect`](crate::TcpTransport::connect).
///
/// It is the first hop of routes to the other node: `route![connection, "echoer"]`. A clone is the
/// same connection, which lives on when all of them are dropped.
#[derive(Clone)]
pub struct TcpConnection(Arc<Link>);

impl TcpConnection {
    pub(crate) fn new(link: Arc<Link>) -> Self {
        TcpConnection(link)
    }

    /// Returns the address of the sender: messages that are sent there leave through the
    /// connection. It is what the connection becomes in a route.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.0.sender()
    }

    /// Returns the address of the sender.
    #[must_use]
    pub fn sender_address(&self) -> &Address {
        self.0.sender()
    }

    /// Returns the address of the receiver, which brings messages in and appears in no route.
    #[must_use]
    pub fn receiver_address(&self) -> &Address {
        self.0.receiver()
    }

    /// Returns the id of the flow of messages that come in over the connection. Whoever is to be
    /// reached from the other side has to be a consumer of it.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        self.0.flow()
    }

    /// Tells what is known about the connection at this moment.
    #[must_use]
    pub fn info(&self) -> TcpConnectionInfo {
        TcpConnectionInfo::of(&self.0)
    }

    /// Returns where the connection is. One that [reconnects](crate::TcpReconnect) is
    /// [`Connecting`](LinkState::Connecting) from when its socket has failed until it has another one;
    /// any other is [`Down`](LinkState::Down), and so is one that has ended.
    ///
    /// Those of peers are in [`Handle::links`], as all connections are.
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.0.entry().status().state
    }

    /// Begins to follow the connection. It does not keep it.
    #[must_use]
    pub fn watch(&self) -> LinkWatch {
        self.0.entry().watch()
    }

    /// Closes the connection in good order: what was sent before is written first, and the other
    /// side's system has acknowledged it. One that is down, and is being made again, is given up.
    ///
    /// # Errors
    /// As [`TcpTransport::disconnect`](crate::TcpTransport::disconnect), except that a connection
    /// that has ended already is fine.
    ///
    /// # Cancel safety
    /// The closing begins with the first poll, and goes on if the future is dropped.
    pub async fn stop(&self, ctx: &Handle) -> Result<()> {
        if self.0.has_ended() {
            return Ok(());
        }
        self.0.close();
        match ctx.stop_worker(self.0.sender().clone()).await {
            // It ended by itself in the meantime.
            Err(error) if error.kind() == ErrorKind::NotFound && self.0.has_ended() => {}
            stopped => stopped?,
        }
        self.0.tail_loss().map_or(Ok(()), |why| Err(Error::with_kind(ErrorKind::Io, why)))
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.0.has_ended()
    }
}

impl fmt::Display for TcpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for TcpConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TcpConnection").field(&self.info()).finish()
    }
}

hop_conversions!(TcpConnection, |connection| connection.address());

/// What is known about a connection at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpConnectionInfo {
    /// The address to which messages for the other side are sent.
    pub sender_address: Address,
    /// The address that brings messages in.
    pub receiver_address: Address,
    /// The other side: as the program named it, or the address of its socket.
    pub peer: String,
    /// Who connected.
    pub direction: TcpDirection,
    /// The flow of what comes in.
    pub flow_control_id: FlowControlId,
    /// Whether it can be written to; one that is being made again cannot.
    pub is_up: bool,
    /// Bytes that arrived, those of the protocol included.
    pub bytes_in: u64,
    /// Bytes that were written.
    pub bytes_out: u64,
    /// Messages that arrived and were not over a limit.
    pub messages_in: u64,
    /// Messages that were written.
    pub messages_out: u64,
    /// Messages that arrived and were dropped: nobody here may be reached so, or over a limit.
    pub dropped: u64,
    /// Bytes that were written and may not have arrived, because a socket was lost before the other
    /// side's system had acknowledged them: the most that can be, of all sockets that the connection
    /// has had. What was acknowledged may not have been read either. It is known on Linux only, and 0
    /// elsewhere.
    pub unacknowledged: u64,
}

impl TcpConnectionInfo {
    pub(crate) fn of(link: &Link) -> Self {
        let traffic = link.traffic();
        TcpConnectionInfo {
            sender_address: link.sender().clone(),
            receiver_address: link.receiver().clone(),
            peer: link.peer().into(),
            direction: link.direction(),
            flow_control_id: link.flow().clone(),
            is_up: matches!(link.phase(), Phase::Up(_)),
            bytes_in: traffic.bytes_in.value(),
            bytes_out: traffic.bytes_out.value(),
            messages_in: traffic.messages_in.value(),
            messages_out: traffic.messages_out.value(),
            dropped: traffic.dropped.value(),
            unacknowledged: traffic.unacknowledged.value(),
        }
    }
}
