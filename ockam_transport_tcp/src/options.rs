//! What a program can choose about listeners and connections, and what is chosen if it does not.

use crate::budget::DEFAULT_FRAME_BUDGET;
use crate::reconnect::TcpReconnect;
use crate::socket::DeadPath;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use ockam_core::{FlowControlId, MAX_FRAME_LEN};

/// How long the other side may take to say its first byte, unless the options say otherwise.
///
/// Every node says it at once. What is silent for longer is no node, and is closed.
pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the other side may take nothing off a connection that has bytes to write, unless the
/// options say otherwise. Then the connection is closed.
///
/// Until then at most a batch ([`MAX_BATCH_LEN`](crate::MAX_BATCH_LEN)), the sender's mailbox and
/// the operating system's buffers are full, and those who send wait in line.
pub const DEFAULT_WRITE_STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection is idle before the system probes whether the other side is still there,
/// unless the options say otherwise.
///
/// It is probed again each third of this time. A connection whose other side has vanished without a
/// word ends 40 s after the last sign of it, as long as [`DEFAULT_USER_TIMEOUT`] holds, and after
/// 60 s without a user timeout.
pub const DEFAULT_KEEPALIVE: Duration = Duration::from_secs(30);

/// How long the other side may leave unacknowledged what was written, unless the options say
/// otherwise. Then the path to it is dead, and the connection ends (`TCP_USER_TIMEOUT` of Linux;
/// other systems give up by their own rules).
///
/// It counts also while the other side is alive and takes nothing. So it should not be shorter: at
/// 5 s a peer that reads slowly, such as 10 kB/s, is cut off. Where the write stall timeout is
/// longer, that is the default.
pub const DEFAULT_USER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long connecting may take, name and all addresses together, where no program says otherwise:
/// for a hop in a route ([`TcpTransport::set_on_demand_connect_timeout`] sets it), and for each
/// attempt to make a lost connection again.
///
/// [`TcpTransport::set_on_demand_connect_timeout`]: crate::TcpTransport::set_on_demand_connect_timeout
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a worker with a full mailbox may begin to handle no message while messages of a
/// connection wait for it, unless the options say otherwise. Then the connection drops what waits
/// for that worker, and what comes for it while the mailbox is full. It is looked at four times in
/// this time, so it may take a quarter longer.
///
/// It is less than the usual limit of an ask, so that asks over the same connection are answered
/// in time. Until then [`MAX_BACKLOG_LEN`](crate::MAX_BACKLOG_LEN) bytes wait beside the mailbox;
/// only when that is full, other workers wait too.
pub const DEFAULT_CONSUMER_STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the other side may take for a frame that it has begun, or for
/// [`MIN_FRAME_PROGRESS`](crate::MIN_FRAME_PROGRESS) bytes more of it, unless the options say
/// otherwise. Then the connection is closed. It counts only while the connection reads.
pub const DEFAULT_FRAME_TIMEOUT: Duration = Duration::from_secs(30);

/// How large a message may be that arrives over a connection which a listener accepted, routes
/// included, unless the options say otherwise: 4 MiB. The connection of a peer that announces a larger
/// one is closed before anything of it is held, and the first time a listener does so the log says
/// it.
///
/// The protocol allows [`MAX_FRAME_LEN`](ockam_core::MAX_FRAME_LEN), 16 MiB: a listener for peers
/// that send so much has to be given it. Connections that this node makes read as much as that.
pub const DEFAULT_MAX_FRAME_LEN: usize = 4 * 1024 * 1024;

/// How many connections a listener holds at a time, unless its options say otherwise. For one more,
/// one ends from which no message came for longest: of those from which none was delivered so far,
/// or, as soon as one was from the new connection, of the others.
///
/// So connections whose peers have sent something are not pushed out by those that are only opened.
/// Of the latter there may be one for sixteen places more, at least one, when the places are taken.
pub const DEFAULT_CONNECTION_LIMIT: usize = 1024;

/// Returns how many connections from which no message was delivered there may be beyond a limit.
pub(crate) fn newcomer_places(limit: usize) -> usize {
    (limit / 16).max(1)
}

/// How long a connection that is closed in good order waits for the other side to close too, once
/// everything that was written is acknowledged. A node's stop leaves its workers more.
pub const CLOSE_PATIENCE: Duration = Duration::from_millis(50);

/// What listeners and connections have in common.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) handshake: Duration,
    pub(crate) write_stall: Duration,
    pub(crate) keepalive: Duration,
    pub(crate) user_timeout: Option<Duration>,
    pub(crate) consumer_stall: Duration,
    pub(crate) frame: Duration,
    pub(crate) max_frame_len: usize,
    pub(crate) mailbox_capacity: Option<u32>,
    pub(crate) mailbox_bytes: Option<u32>,
    /// The flows from which messages may leave through a connection.
    pub(crate) consumer_of: Vec<FlowControlId>,
}

impl Limits {
    fn new() -> Self {
        Limits {
            handshake: DEFAULT_HANDSHAKE_TIMEOUT,
            write_stall: DEFAULT_WRITE_STALL_TIMEOUT,
            keepalive: DEFAULT_KEEPALIVE,
            user_timeout: None,
            consumer_stall: DEFAULT_CONSUMER_STALL_TIMEOUT,
            frame: DEFAULT_FRAME_TIMEOUT,
            max_frame_len: MAX_FRAME_LEN,
            mailbox_capacity: None,
            mailbox_bytes: None,
            consumer_of: Vec::new(),
        }
    }

    /// Returns how a connection notices that the path is dead.
    pub(crate) fn dead_path(&self) -> DeadPath {
        let user_timeout = self.user_timeout.unwrap_or(DEFAULT_USER_TIMEOUT.max(self.write_stall));
        DeadPath { keepalive: self.keepalive, user_timeout }
    }
}

/// Says how a listener is to be. See [`TcpTransport::listen`](crate::TcpTransport::listen).
#[derive(Debug)]
#[must_use]
pub struct TcpListenerOptions {
    pub(crate) flow: FlowControlId,
    pub(crate) limits: Limits,
    pub(crate) connection_limit: usize,
    pub(crate) frame_budget: usize,
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
            limits: Limits { max_frame_len: DEFAULT_MAX_FRAME_LEN, ..Limits::new() },
            connection_limit: DEFAULT_CONNECTION_LIMIT,
            frame_budget: DEFAULT_FRAME_BUDGET,
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

    /// Sets how many bytes all connections of the listener hold of large messages that are still
    /// arriving, at least one of [`MAX_FRAME_LEN`], instead of
    /// [`DEFAULT_FRAME_BUDGET`](crate::DEFAULT_FRAME_BUDGET). Others wait meanwhile; see
    /// [`FRAME_GRACE`](crate::FRAME_GRACE).
    pub fn with_frame_budget(mut self, bytes: usize) -> Self {
        self.frame_budget = bytes;
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
            limits: Limits::new(),
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
