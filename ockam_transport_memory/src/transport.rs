//! Addresses of nodes in routes: `(MEMORY, "bob")` leads to the node with that name.

use crate::MEMORY;
use crate::network::WeakNetwork;
use ockam_core::{Address, Error, ErrorKind, Resolving, Transport, TransportType};
use std::fmt;
use std::sync::Arc;

/// Finds the link from one node to another, or creates one.
pub(crate) struct MemoryTransport {
    network: WeakNetwork,
    from: Arc<str>,
}

impl MemoryTransport {
    pub(crate) fn new(network: WeakNetwork, from: Arc<str>) -> Self {
        MemoryTransport { network, from }
    }
}

impl Transport for MemoryTransport {
    fn transport_type(&self) -> TransportType {
        MEMORY
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a> {
        Box::pin(async move {
            let Some(network) = self.network.upgrade() else {
                let text = format!("{address} cannot be reached: its network was dropped");
                return Err(Error::with_kind(ErrorKind::Stopped, text));
            };
            Ok(network.connect(&self.from, address.address()).await?.into())
        })
    }
}

impl fmt::Debug for MemoryTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTransport").field("from", &self.from).finish_non_exhaustive()
    }
}
