//! What a program can choose about listeners and connections.
//!
//! It owns the calls that choose. It refuses to know what follows from it.

use crate::budget::DEFAULT_FRAME_BUDGET;
#[cfg(doc)]
use crate::limits::{
    DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONSUMER_STALL_TIMEOUT, DEFAULT_FRAME_TIMEOUT,
    DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_KEEPALIVE, DEFAULT_MAX_FRAME_LEN, DEFAULT_USER_TIMEOUT,
    DEFAULT_WRITE_STALL_TIMEOUT,
};
use crate::limits::{DEFAULT_CONNECTION_LIMIT, DEFAULT_MAX_QUEUED_BYTES, Limits};
use crate::reconnect::TcpReconnect;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use ockam_core::FlowControlId;
#[cfg(doc)]
use ockam_core::MAX_FRAME_LEN;

/// Says how a listener is to be. See [`TcpTransport::listen`](crate::TcpTransport::listen).
#[derive(Debug)]
#[must_use]
pub struct TcpListenerOptions {
    pub(crate) flow: FlowControlId,
    pub(crate) limits: Limits,
    pub(crate) connection_limit: usize,
    pub(crate) frame_budget: usize,
    pub(crate) max_queued_bytes: usize,
}

/// Says how a connection is to be. See [`TcpTransport::connect`](crate::TcpTransport::connect).
#[derive(Debug)]
#[must_use]
pub struct TcpConnectionOptions {
    pub(crate) flow: FlowControlId,
    pub(crate) limits: Limits,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) reconnect: Option<TcpReconnect>,
}

/// Makes an id that no other call in this process makes. Ids never leave the process, so they need
/// not be secret, and making one cannot fail.
fn next_id(of: &str) -> FlowControlId {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    FlowControlId::from(format!("tcp_{of}_{number}").as_str())
}

impl TcpListenerOptions {
    /// Makes the usual options, with an id for the flows of all connections that the listener
    /// will accept.
    pub fn new() -> Self {
        TcpListenerOptions {
            flow: next_id("listener"),
            limits: Limits::of_listener(),
            connection_limit: DEFAULT_CONNECTION_LIMIT,
            frame_budget: DEFAULT_FRAME_BUDGET,
            max_queued_bytes: DEFAULT_MAX_QUEUED_BYTES,
        }
    }

    /// Returns the id of the listener: its consumers are reached by all connections it accepts.
    #[must_use]
    pub fn spawner_flow_control_id(&self) -> FlowControlId {
        self.flow.clone()
    }

    /// Lets messages of a flow out through the connections that the listener accepts.
    pub fn as_consumer(mut self, id: &FlowControlId) -> Self {
        self.limits.consumer_of.push(id.clone());
        self
    }

    /// Sets how many connections the listener holds at a time, at least one, instead of
    /// [`DEFAULT_CONNECTION_LIMIT`].
    pub fn with_connection_limit(mut self, connections: usize) -> Self {
        self.connection_limit = connections;
        self
    }

    /// Sets how large a message may be that arrives, in bytes with its routes, instead of
    /// [`DEFAULT_MAX_FRAME_LEN`]; at most [`MAX_FRAME_LEN`]. Who sends a larger one is disconnected.
    pub fn with_max_frame_len(mut self, bytes: usize) -> Self {
        self.limits.max_frame_len = bytes;
        self
    }

    /// Sets how large a message may be that leaves through a connection which the listener accepted,
    /// in bytes with its routes, instead of [`MAX_FRAME_LEN`], which is the most. A larger one is
    /// refused alone: it is a dead letter ([`Unsendable`]), and who waits for its answer is told both
    /// sizes.
    ///
    /// It should be what the other side takes. A node of this library that connects takes
    /// [`MAX_FRAME_LEN`], unless [`TcpConnectionOptions::with_max_frame_len`] says less.
    ///
    /// [`Unsendable`]: ockam_node::DeadLetterReason::Unsendable
    pub fn with_max_sent_frame_len(mut self, bytes: usize) -> Self {
        self.limits.max_sent_frame_len = bytes;
        self
    }

    /// Sets how many bytes all connections of the listener hold of large messages that are still
    /// arriving, at least one of the [largest](Self::with_max_frame_len), instead of
    /// [`DEFAULT_FRAME_BUDGET`](crate::DEFAULT_FRAME_BUDGET). Others wait meanwhile; see
    /// [`FRAME_GRACE`](crate::FRAME_GRACE).
    pub fn with_frame_budget(mut self, bytes: usize) -> Self {
        self.frame_budget = bytes;
        self
    }

    /// Sets how many bytes all connections of the listener hold of messages that wait, to be written or for
    /// workers, instead of [`DEFAULT_MAX_QUEUED_BYTES`], and beside
    /// [`FREE_QUEUED_LEN`](crate::FREE_QUEUED_LEN) for each.
    pub fn with_max_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_bytes = bytes;
        self
    }

    /// Sets how long the other side may be silent at first, instead of
    /// [`DEFAULT_HANDSHAKE_TIMEOUT`].
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake = timeout;
        self
    }

    /// Sets how long a write may stand still, instead of [`DEFAULT_WRITE_STALL_TIMEOUT`].
    pub fn with_write_stall_timeout(mut self, timeout: Duration) -> Self {
        self.limits.write_stall = timeout;
        self
    }

    /// Sets how long a connection is idle before it is probed, instead of [`DEFAULT_KEEPALIVE`].
    /// It is rounded up to seconds; [`Duration::MAX`] is never.
    pub fn with_keepalive(mut self, idle: Duration) -> Self {
        self.limits.keepalive = idle;
        self
    }

    /// Sets how long what was written may stay unacknowledged, instead of [`DEFAULT_USER_TIMEOUT`].
    /// It is rounded up to milliseconds; [`Duration::MAX`] is as long as the system pleases.
    pub fn with_user_timeout(mut self, timeout: Duration) -> Self {
        self.limits.user_timeout = Some(timeout);
        self
    }

    /// Sets how long a message that has begun may take to go on, instead of
    /// [`DEFAULT_FRAME_TIMEOUT`].
    pub fn with_frame_timeout(mut self, timeout: Duration) -> Self {
        self.limits.frame = timeout;
        self
    }

    /// Sets how long a worker with a full mailbox may stand still before messages for it are
    /// dropped, instead of [`DEFAULT_CONSUMER_STALL_TIMEOUT`]. With [`Duration::MAX`] nothing is
    /// dropped, and one such worker can stop everything else that comes over the connection.
    pub fn with_consumer_stall_timeout(mut self, timeout: Duration) -> Self {
        self.limits.consumer_stall = timeout;
        self
    }

    /// Sets how many messages wait for a connection before those who send wait.
    pub fn with_mailbox_capacity(mut self, messages: u32) -> Self {
        self.limits.mailbox_capacity = Some(messages);
        self
    }

    /// Sets how many bytes the messages hold that wait for a connection before those who send wait,
    /// as [`WorkerBuilder::with_mailbox_bytes`](ockam_node::WorkerBuilder::with_mailbox_bytes).
    pub fn with_mailbox_bytes(mut self, bytes: u32) -> Self {
        self.limits.mailbox_bytes = Some(bytes);
        self
    }
}

impl Default for TcpListenerOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl TcpConnectionOptions {
    /// Makes the usual options, with an id for the flow of the connection.
    pub fn new() -> Self {
        TcpConnectionOptions {
            flow: next_id("connection"),
            limits: Limits::of_connection(),
            connect_timeout: None,
            reconnect: None,
        }
    }

    /// Returns the id of the connection's flow: its consumers are reached by what comes in.
    #[must_use]
    pub fn flow_control_id(&self) -> FlowControlId {
        self.flow.clone()
    }

    /// Lets messages of a flow out through this connection.
    pub fn as_consumer(mut self, id: &FlowControlId) -> Self {
        self.limits.consumer_of.push(id.clone());
        self
    }

    /// Limits how long connecting may take, name and all addresses together. Without it the
    /// operating system decides at first, and [`DEFAULT_CONNECT_TIMEOUT`] holds for attempts to make
    /// the connection again.
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Sets how large a message may be that arrives, in bytes with its routes, instead of
    /// [`MAX_FRAME_LEN`], which is the most. The connection ends if the other side sends a larger one;
    /// a node of this library that listens sends up to [`MAX_FRAME_LEN`], unless
    /// [`TcpListenerOptions::with_max_sent_frame_len`] says less.
    pub fn with_max_frame_len(mut self, bytes: usize) -> Self {
        self.limits.max_frame_len = bytes;
        self
    }

    /// Sets how large a message may be that leaves through the connection, in bytes with its routes,
    /// instead of [`DEFAULT_MAX_FRAME_LEN`]; at most [`MAX_FRAME_LEN`]. A larger one is refused alone:
    /// it is a dead letter ([`Unsendable`]), and who waits for its answer is told both sizes.
    ///
    /// It should be what the other side takes: a node of this library as much as
    /// [`TcpListenerOptions::with_max_frame_len`] says there, one of Ockam 0.150 [`MAX_FRAME_LEN`].
    ///
    /// [`Unsendable`]: ockam_node::DeadLetterReason::Unsendable
    pub fn with_max_sent_frame_len(mut self, bytes: usize) -> Self {
        self.limits.max_sent_frame_len = bytes;
        self
    }

    /// Makes the connection again when it is lost, under the same addresses.
    pub fn with_reconnect(mut self, reconnect: TcpReconnect) -> Self {
        self.reconnect = Some(reconnect);
        self
    }

    /// Sets how long the other side may be silent at first, instead of
    /// [`DEFAULT_HANDSHAKE_TIMEOUT`].
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake = timeout;
        self
    }

    /// Sets how long a write may stand still, instead of [`DEFAULT_WRITE_STALL_TIMEOUT`].
    pub fn with_write_stall_timeout(mut self, timeout: Duration) -> Self {
        self.limits.write_stall = timeout;
        self
    }

    /// Sets how long a connection is idle before it is probed, instead of [`DEFAULT_KEEPALIVE`].
    /// It is rounded up to seconds; [`Duration::MAX`] is never.
    pub fn with_keepalive(mut self, idle: Duration) -> Self {
        self.limits.keepalive = idle;
        self
    }

    /// Sets how long what was written may stay unacknowledged, instead of [`DEFAULT_USER_TIMEOUT`].
    /// It is rounded up to milliseconds; [`Duration::MAX`] is as long as the system pleases.
    pub fn with_user_timeout(mut self, timeout: Duration) -> Self {
        self.limits.user_timeout = Some(timeout);
        self
    }

    /// Sets how long a message that has begun may take to go on, instead of
    /// [`DEFAULT_FRAME_TIMEOUT`].
    pub fn with_frame_timeout(mut self, timeout: Duration) -> Self {
        self.limits.frame = timeout;
        self
    }

    /// Sets how long a worker with a full mailbox may stand still before messages for it are
    /// dropped, instead of [`DEFAULT_CONSUMER_STALL_TIMEOUT`]. With [`Duration::MAX`] nothing is
    /// dropped, and one such worker can stop everything else that comes over the connection.
    pub fn with_consumer_stall_timeout(mut self, timeout: Duration) -> Self {
        self.limits.consumer_stall = timeout;
        self
    }

    /// Sets how many messages wait for the connection before those who send wait.
    pub fn with_mailbox_capacity(mut self, messages: u32) -> Self {
        self.limits.mailbox_capacity = Some(messages);
        self
    }

    /// Sets how many bytes the messages hold that wait for the connection before those who send wait,
    /// as [`WorkerBuilder::with_mailbox_bytes`](ockam_node::WorkerBuilder::with_mailbox_bytes).
    pub fn with_mailbox_bytes(mut self, bytes: u32) -> Self {
        self.limits.mailbox_bytes = Some(bytes);
        self
    }
}

impl Default for TcpConnectionOptions {
    fn default() -> Self {
        Self::new()
    }
}
