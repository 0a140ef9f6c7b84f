//! The transports of a node, and the addresses in routes that belong to them.

use crate::context::Handle;
use crate::delivery::{RESOLVER, Slow};
use crate::node::Node;
use crate::program::{catch_panics, discard};
use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use ockam_core::{
    Address, Error, ErrorKind, LocalMessage, Mailbox, Result, Route, Transport, TransportType,
};

pub(crate) struct Transports(Lock<Registered>);

#[derive(Default)]
struct Registered {
    transports: Vec<(TransportType, Arc<dyn Transport>)>,
    resolver: Option<&'static Resolver>,
    /// The node has stopped, and keeps none.
    closed: bool,
}

/// What a node with a transport does with a route that names one. A program that registers none,
/// such as that of a board, has not the code either.
pub(crate) struct Resolver {
    pub(crate) resolve: for<'a> fn(&'a Handle, LocalMessage) -> Resolving<'a>,
    pub(crate) deliver: for<'a> fn(&'a Handle, &'a Mailbox, LocalMessage) -> Slow<'a>,
}

/// A message whose route is being resolved.
pub(crate) type Resolving<'a> = Pin<Box<dyn Future<Output = Result<LocalMessage>> + Send + 'a>>;

impl Transports {
    pub(crate) fn new() -> Self {
        Transports(Lock::new(Registered::default()))
    }

    /// Adds a transport, instead of an earlier one of its type. A node that has stopped keeps none.
    pub(crate) fn register(&self, transport: Arc<dyn Transport>) -> Result<()> {
        let new = (transport.transport_type(), transport);
        let (old, closed) = self.0.with(|Registered { transports, resolver, closed }| {
            if *closed {
                return (Some(new), true);
            }
            *resolver = Some(&RESOLVER);
            let old = transports.iter().position(|known| known.0 == new.0);
            let old = old.map(|at| transports.swap_remove(at));
            transports.push(new);
            (old, false)
        });
        discard(old);
        if closed {
            let text = || "no transport is registered: the node has stopped";
            return Err(Error::with_text(ErrorKind::Stopped, text));
        }
        Ok(())
    }

    /// Forgets all transports, for good. They hold on to the node, and the node to them.
    pub(crate) fn close(&self) {
        let closed = Registered { closed: true, ..Registered::default() };
        discard(self.0.with(|registered| core::mem::replace(registered, closed)));
    }

    /// Returns what resolves routes, if there is a transport.
    pub(crate) fn resolver(&self) -> Option<&'static Resolver> {
        self.0.with(|registered| registered.resolver)
    }

    fn find(&self, transport: TransportType) -> Option<Arc<dyn Transport>> {
        self.0.with(|registered| {
            let known = registered.transports.iter().find(|known| known.0 == transport)?;
            Some(Arc::clone(&known.1))
        })
    }

    /// Replaces the first hop that belongs to a transport by the local worker that leads there.
    ///
    /// The search ends where the route leaves the node: hops behind that are for the nodes at the
    /// other end, which name their own transports in their own return routes. So a message from
    /// outside cannot make this node connect: its return route begins with the worker that leads
    /// back to the peer.
    #[cold]
    pub(crate) async fn resolve(&self, node: &Node, route: Route) -> Result<Route> {
        let local = route.iter().take_while(|hop| passes_on(node, hop)).count();
        if route.iter().nth(local).is_none_or(Address::is_local) {
            return Ok(route);
        }
        let mut hops: Vec<Address> = route.into_iter().collect();
        let hop = &mut hops[local];
        let Some(transport) = self.find(hop.transport_type()) else {
            return Err(Error::with_text(ErrorKind::NotFound, || no_transport(hop)));
        };
        let resolved = catch_panics(async { transport.resolve(hop).await }).await;
        *hop = resolved.and_then(|resolved| resolved)?;
        Ok(hops.into())
    }
}

/// Tells whether a hop is a worker of this node from which a message goes on to another worker of
/// it. The address of a producer is not, nor is one at which there is no worker, such as that of a
/// connection that has ended.
fn passes_on(node: &Node, hop: &Address) -> bool {
    let leaves = |hop| node.flow_controls.find_flow_control_with_producer_address(hop).is_some();
    hop.is_local() && node.find(hop).is_some() && !leaves(hop)
}

/// Says that nothing on the node leads to a hop.
pub(crate) fn no_transport(hop: &Address) -> String {
    format!(
        "{hop} is not on this node, and the node has no transport of type {}: create the transport \
         first",
        hop.transport_type()
    )
}
