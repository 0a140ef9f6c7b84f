//! The call that a node gets from this crate.

use crate::TcpTransport;
use core::future::{Future, ready};
use ockam_core::Result;
use ockam_node::Handle;

/// Gives nodes, contexts and handles the call that makes their TCP transport.
pub trait TcpTransportExtension {
    /// Makes the TCP transport of the node; see [`TcpTransport`].
    ///
    /// # Errors
    /// [`Stopped`](ockam_core::ErrorKind::Stopped) if the node has stopped.
    ///
    /// # Cancel safety
    /// It does not wait, and is done when it is called.
    fn create_tcp_transport(&self) -> impl Future<Output = Result<TcpTransport>> + Send;
}

impl TcpTransportExtension for Handle {
    fn create_tcp_transport(&self) -> impl Future<Output = Result<TcpTransport>> + Send {
        ready(TcpTransport::create(self))
    }
}
