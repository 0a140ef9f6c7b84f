//! The transports of a node, and the addresses in routes that belong to them.

use crate::sync::Lock;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{Address, Error, ErrorKind, Result, Route, Transport, TransportType};

pub(crate) struct Transports(Lock<Vec<Arc<dyn Transport>>>);

impl Transports {
    pub(crate) fn new() -> Self {
        Transports(Lock::new(Vec::new()))
    }

    /// Adds a transport, instead of an earlier one of its type.
    pub(crate) fn register(&self, transport: Arc<dyn Transport>) {
        let old = self.0.with(|transports| {
            let same =
                |known: &Arc<dyn Transport>| known.transport_type() == transport.transport_type();
            let old = transports.iter().position(same).map(|at| transports.swap_remove(at));
            transports.push(transport);
            old
        });
        drop(old);
    }

    /// Forgets all transports. They hold on to the node, and the node to them.
    pub(crate) fn clear(&self) {
        drop(self.0.with(core::mem::take));
    }

    fn find(&self, transport: TransportType) -> Option<Arc<dyn Transport>> {
        self.0.with(|transports| {
            transports.iter().find(|known| known.transport_type() == transport).cloned()
        })
    }

    /// Replaces the first hop that belongs to a transport by the local worker that leads there.
    /// Hops behind it are for the node at the other end.
    #[cold]
    pub(crate) async fn resolve(&self, route: Route) -> Result<Route> {
        let mut hops: Vec<Address> = route.into_iter().collect();
        let Some(hop) = hops.iter_mut().find(|hop| !hop.is_local()) else {
            return Ok(hops.into());
        };
        let Some(transport) = self.find(hop.transport_type()) else {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!(
                    "{hop} is not on this node, and the node has no transport of type {}: create \
                     the transport first",
                    hop.transport_type()
                ),
            ));
        };
        *hop = transport.resolve(hop).await?;
        Ok(hops.into())
    }
}
