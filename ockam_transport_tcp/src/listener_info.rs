//! What a program sees of a listener.

use crate::permits::Permits;
use core::fmt;
use core::net::SocketAddr;
use ockam_core::{Address, FlowControlId};
use ockam_node::ByteBudget;
use std::sync::Arc;

/// What is known about a listener at one moment.
#[derive(Clone)]
pub struct TcpListenerInfo {
    pub(crate) address: Address,
    pub(crate) socket_address: SocketAddr,
    pub(crate) flow: FlowControlId,
    pub(crate) permits: Arc<Permits>,
    pub(crate) queued: ByteBudget,
}

impl TcpListenerInfo {
    /// Returns the address of the processor that accepts connections.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns where it listens; a port that was given as 0 is the one that the system chose.
    #[must_use]
    pub fn socket_address(&self) -> SocketAddr {
        self.socket_address
    }

    /// Returns the id whose consumers are reached by all connections that the listener accepts.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow
    }

    /// Counts the connections that it holds at this moment.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.permits.count()
    }

    /// Counts the connections that have ended so far because another one needed their place.
    #[must_use]
    pub fn displaced(&self) -> u64 {
        self.permits.displaced()
    }

    /// Counts the bytes that its connections hold at this moment of messages that wait, to be written
    /// or for workers, beside [`FREE_QUEUED_LEN`](crate::FREE_QUEUED_LEN) for each. See
    /// [`DEFAULT_MAX_QUEUED_BYTES`](crate::DEFAULT_MAX_QUEUED_BYTES).
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.queued.held()
    }
}

impl fmt::Debug for TcpListenerInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListenerInfo")
            .field("address", &self.address)
            .field("socket_address", &self.socket_address)
            .field("flow_control_id", &self.flow)
            .field("connections", &self.connections())
            .field("displaced", &self.displaced())
            .field("queued_bytes", &self.queued_bytes())
            .finish()
    }
}
