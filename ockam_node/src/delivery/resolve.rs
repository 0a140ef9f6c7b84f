//! Routes that name a transport: the hop of it becomes the local worker that leads there.

use crate::delivery::future::Delivery;
use crate::delivery::transports::Resolver;
use crate::delivery::unresolved::{no_transport, unresolved};
use crate::handle::Handle;
use crate::node::Node;
use crate::program::catch_panics;
use crate::text::text;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Result, Route, Transport};

impl Handle {
    /// Adds a transport, instead of an earlier one for the same type of addresses.
    ///
    /// # Errors
    /// [`Stopped`](ErrorKind::Stopped) if the node has stopped: it has let its transports go.
    pub fn register_transport(&self, transport: Arc<dyn Transport>) -> Result<()> {
        self.node().transports.register(transport, &RESOLVER)
    }

    /// Returns the route with the hop that belongs to a transport, if there is one, replaced by
    /// the local worker that leads there; the transport may connect first.
    ///
    /// Only workers of this node may stand before that hop. The address of a connection or of a
    /// channel ends the part of a route that belongs to this node: what is behind it is left to
    /// the nodes at the other end. So the return route of a message from outside is not resolved.
    ///
    /// [`send`](Self::send) and [`send_and_receive`](Self::send_and_receive) do this by
    /// themselves; [`forward`](Self::forward) never does, because messages that are forwarded may
    /// come from outside.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the node has no such transport, or what the transport
    /// returns.
    ///
    /// # Cancel safety
    /// Dropped, a transport gives up connecting, unless others wait for the same connection. One
    /// that it has made already is there for whoever needs it next.
    pub async fn resolve(&self, route: impl Into<Route>) -> Result<Route> {
        let route = route.into();
        if route.iter().all(Address::is_local) {
            return Ok(route);
        }
        resolve_route(self.node(), route).await
    }
}

/// Replaces the first hop that belongs to a transport by the local worker that leads there.
///
/// The search ends where the route leaves the node: hops behind that are for the nodes at the
/// other end, which name their own transports in their own return routes. So a message from
/// outside cannot make this node connect: its return route begins with the worker that leads
/// back to the peer.
#[cold]
pub(crate) async fn resolve_route(node: &Node, route: Route) -> Result<Route> {
    let local = route.iter().take_while(|hop| passes_on(node, hop)).count();
    if route.iter().nth(local).is_none_or(Address::is_local) {
        return Ok(route);
    }
    let mut hops: Vec<Address> = route.into_iter().collect();
    let hop = &mut hops[local];
    let Some(transport) = node.transports.find(hop.transport_type()) else {
        return Err(Error::with_text(ErrorKind::NotFound, || no_transport(hop)));
    };
    let resolved = catch_panics(async { transport.resolve(hop).await }).await;
    *hop = resolved.and_then(|resolved| resolved)?;
    Ok(hops.into())
}

/// Tells whether a hop is a worker of this node from which a message goes on to another worker of
/// it. The address of a producer is not, nor is one at which there is no worker, such as that of a
/// connection that has ended.
fn passes_on(node: &Node, hop: &Address) -> bool {
    let leaves = |hop| node.flow_controls.find_flow_control_with_producer_address(hop).is_some();
    hop.is_local() && node.find(hop).is_some() && !leaves(hop)
}

static RESOLVER: Resolver = Resolver {
    resolve: |handle, message| Box::pin(resolve(handle, message)),
    deliver: |handle, source, message| {
        Box::pin(async move {
            let message = resolve(handle, message).await?;
            Delivery::new(handle, source, message).await.map(|()| None)
        })
    },
};

/// Replaces the hop of a transport in a message's route.
async fn resolve(handle: &Handle, mut message: LocalMessage) -> Result<LocalMessage, Error> {
    match handle.resolve(message.onward_route()).await {
        Ok(route) => {
            message.transport_mut().onward_route = route;
            Ok(message)
        }
        Err(error) => Err(unresolved(error.kind(), text(|| format!("{error:#}")), message)),
    }
}
