//! The limits of listeners and connections where no program says otherwise, and those that both have.
//!
//! It owns the figures and why they were picked. It refuses to know how a program chooses others.

use crate::socket::DeadPath;
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

/// How large a message may be on its way from the node that connected to the one that listens, routes
/// included, unless the options of both say otherwise: 4 MiB.
///
/// It is what a listener takes: the connection of a peer that announces a larger one is closed before
/// anything of it is held, and the first time a listener does so the log says it. And it is what a
/// connection that this node made sends: a larger message is refused alone, and the others go on.
///
/// The protocol allows [`MAX_FRAME_LEN`](ockam_core::MAX_FRAME_LEN), 16 MiB. Peers that need more than
/// the default have to be told on both sides, by
/// [`TcpConnectionOptions::with_max_sent_frame_len`](crate::TcpConnectionOptions::with_max_sent_frame_len)
/// and [`TcpListenerOptions::with_max_frame_len`](crate::TcpListenerOptions::with_max_frame_len).
/// Connections made for hops in routes have the default. In the other direction both sides allow as much
/// as the protocol.
pub const DEFAULT_MAX_FRAME_LEN: usize = 4 * 1024 * 1024;

/// How many bytes all connections of a listener hold of messages that wait, unless its options say
/// otherwise: to be written to peers that read slowly, and for workers whose mailboxes are full. Beside
/// it each connection has [`FREE_QUEUED_LEN`], or one message if that is larger, each way.
///
/// When they are held, who sends over one of these connections waits as if its mailbox were full, and
/// a connection for which messages wait reads no more. A peer that takes nothing for [`QUEUED_GRACE`]
/// then is given up.
pub const DEFAULT_MAX_QUEUED_BYTES: usize = 64 * 1024 * 1024;

/// How many bytes wait to be written to each connection of a listener beside
/// [`DEFAULT_MAX_QUEUED_BYTES`].
pub const FREE_QUEUED_LEN: usize = 64 * 1024;

/// How long the other side of a connection may take nothing while its listener holds as many bytes of
/// messages that wait as it may, if that is less than its write stall timeout. Then it is closed.
pub const QUEUED_GRACE: Duration = Duration::from_secs(10);

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
    /// Of what arrives.
    pub(crate) max_frame_len: usize,
    /// Of what leaves.
    pub(crate) max_sent_frame_len: usize,
    pub(crate) mailbox_capacity: Option<u32>,
    pub(crate) mailbox_bytes: Option<u32>,
    /// The flows from which messages may leave through a connection.
    pub(crate) consumer_of: Vec<FlowControlId>,
}

impl Limits {
    /// Returns the usual limits of a listener's connections.
    pub(crate) fn of_listener() -> Self {
        Self::new(DEFAULT_MAX_FRAME_LEN, MAX_FRAME_LEN)
    }

    /// Returns the usual limits of a connection that this node makes: it sends what a listener takes,
    /// and takes what that sends.
    pub(crate) fn of_connection() -> Self {
        Self::new(MAX_FRAME_LEN, DEFAULT_MAX_FRAME_LEN)
    }

    fn new(max_frame_len: usize, max_sent_frame_len: usize) -> Self {
        Limits {
            handshake: DEFAULT_HANDSHAKE_TIMEOUT,
            write_stall: DEFAULT_WRITE_STALL_TIMEOUT,
            keepalive: DEFAULT_KEEPALIVE,
            user_timeout: None,
            consumer_stall: DEFAULT_CONSUMER_STALL_TIMEOUT,
            frame: DEFAULT_FRAME_TIMEOUT,
            max_frame_len,
            max_sent_frame_len,
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
