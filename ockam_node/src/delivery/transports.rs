//! The transports of a node, and what resolves routes through them.

use crate::cell::Cell;
use crate::handle::Handle;
use crate::program::discard;
use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use ockam_core::{Error, ErrorKind, LocalMessage, Mailbox, Result, Transport, TransportType};

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

/// What is rare is boxed. It ends with what is left to do: the message is to enter a mailbox.
pub(crate) type Slow<'a> =
    Pin<Box<dyn Future<Output = Result<Option<(LocalMessage, Arc<Cell>)>, Error>> + Send + 'a>>;

/// A message whose route is being resolved.
pub(crate) type Resolving<'a> = Pin<Box<dyn Future<Output = Result<LocalMessage>> + Send + 'a>>;

impl Transports {
    pub(crate) fn new() -> Self {
        Transports(Lock::new(Registered::default()))
    }

    /// Adds a transport, instead of an earlier one of its type. A node that has stopped keeps none.
    pub(crate) fn register(
        &self,
        transport: Arc<dyn Transport>,
        resolves: &'static Resolver,
    ) -> Result<()> {
        let new = (transport.transport_type(), transport);
        let (old, closed) = self.0.with(|Registered { transports, resolver, closed }| {
            if *closed {
                return (Some(new), true);
            }
            *resolver = Some(resolves);
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

    pub(crate) fn find(&self, transport: TransportType) -> Option<Arc<dyn Transport>> {
        self.0.with(|registered| {
            let known = registered.transports.iter().find(|known| known.0 == transport)?;
            Some(Arc::clone(&known.1))
        })
    }
}
