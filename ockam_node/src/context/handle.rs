//! The part of a context that can be copied and go to other tasks.

use super::Context;
use crate::cell::Cell;
use crate::dead_letter::DeadLetters;
use crate::executor::until;
use crate::flow_controls::FlowControls;
use crate::node::Node;
use crate::start::{ProcessorBuilder, WorkerBuilder};
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::time::Duration;
use ockam_core::{
    Address, Error, ErrorKind, IncomingAccessControl, Mailbox, Mailboxes, OutgoingAccessControl,
    Processor, Result, Route, Transport, TransportType, Worker,
};

/// Acts in the name of a context from anywhere: cheap to clone, `Send` and `Sync`.
///
/// What it sends carries the address of its context as the return route, so answers arrive there;
/// [`send_and_receive`](Handle::send_and_receive) brings its answer back here.
///
/// ```
/// # use ockam_node::NodeBuilder;
/// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
/// let mut ctx = NodeBuilder::new().build()?;
/// let handle = ctx.handle();
/// tokio::spawn(async move { handle.send("app", 7u8).await });
/// assert_eq!(ctx.receive::<u8>().await?.body(), 7);
/// # Ok(()) }
/// ```
pub struct Handle {
    node: Arc<Node>,
    cell: Arc<Cell>,
    /// It is the part of a context, so that its calls are those of the worker itself.
    is_own: bool,
}

/// A clone may go to another task, so its calls are not those of the worker itself.
impl Clone for Handle {
    fn clone(&self) -> Self {
        Handle::new(Arc::clone(&self.node), Arc::clone(&self.cell))
    }
}

impl Handle {
    pub(crate) fn new(node: Arc<Node>, cell: Arc<Cell>) -> Self {
        Handle { node, cell, is_own: false }
    }

    /// Makes the part of a context that its owner calls through the context.
    pub(crate) fn of_context(node: Arc<Node>, cell: Arc<Cell>) -> Self {
        Handle { node, cell, is_own: true }
    }

    /// Tells whether the calls are those of the worker itself, which must not wait for its own end.
    pub(crate) fn is_own(&self) -> bool {
        self.is_own
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn cell(&self) -> &Arc<Cell> {
        &self.cell
    }

    /// Makes another handle of the same context.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.clone()
    }

    /// Returns the context's name: its primary address.
    #[must_use]
    pub fn address(&self) -> Address {
        self.cell.address().clone()
    }

    /// Returns the context's name without copying it.
    #[must_use]
    pub fn primary_address(&self) -> &Address {
        self.cell.address()
    }

    /// Returns all addresses of the context, the primary one first.
    #[must_use]
    pub fn addresses(&self) -> Vec<Address> {
        self.cell.mailboxes().addresses().cloned().collect()
    }

    /// Returns the addresses of the context with their access controls.
    #[must_use]
    pub fn mailboxes(&self) -> &Mailboxes {
        self.cell.mailboxes()
    }

    /// Draws an unused address for a worker of this node.
    #[must_use]
    pub fn random_local(&self) -> Address {
        self.node.random_local()
    }

    /// Draws 128 random bits from the node's source, each of them once.
    ///
    /// # Panics
    /// If the system's random source worked when the node began and fails now.
    #[must_use]
    pub fn random_bits(&self) -> [u8; 16] {
        self.node.random.draw()
    }

    /// Draws an unused address of any transport type.
    #[must_use]
    pub fn random(&self, transport: TransportType) -> Address {
        Address::from_random(transport, self.node.random.draw())
    }

    /// Starts a worker that everybody on this node may send to.
    ///
    /// It returns when the worker is reachable and its `initialize` is done.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if the address is taken,
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it cannot be a worker's,
    /// [`Stopped`](ErrorKind::Stopped) if the node is stopping, or the error of `initialize`.
    ///
    /// # Cancel safety
    /// Dropped before it is done, the worker does not exist and its address is free; its
    /// `shutdown` does not run.
    pub async fn start_worker<W: Worker<Context = Context>>(
        &self,
        address: impl Into<Address>,
        worker: W,
    ) -> Result<()> {
        WorkerBuilder::new(worker).with_address(address).start(self).await
    }

    /// Starts a worker with access controls.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker).
    ///
    /// # Cancel safety
    /// As [`start_worker`](Self::start_worker).
    pub async fn start_worker_with_access_control<W: Worker<Context = Context>>(
        &self,
        address: impl Into<Address>,
        worker: W,
        incoming: impl IncomingAccessControl,
        outgoing: impl OutgoingAccessControl,
    ) -> Result<()> {
        let mailbox = Mailbox::new(address, incoming, outgoing);
        WorkerBuilder::new(worker).with_mailboxes(mailbox).start(self).await
    }

    /// Starts a processor. Unless the program says otherwise nobody may send to it, and it may
    /// send to everybody.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker).
    ///
    /// # Cancel safety
    /// As [`start_worker`](Self::start_worker).
    pub async fn start_processor<P: Processor<Context = Context>>(
        &self,
        address: impl Into<Address>,
        processor: P,
    ) -> Result<()> {
        ProcessorBuilder::new(processor).with_address(address).start(self).await
    }

    /// Starts a processor with access controls.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker).
    ///
    /// # Cancel safety
    /// As [`start_worker`](Self::start_worker).
    pub async fn start_processor_with_access_control<P: Processor<Context = Context>>(
        &self,
        address: impl Into<Address>,
        processor: P,
        incoming: impl IncomingAccessControl,
        outgoing: impl OutgoingAccessControl,
    ) -> Result<()> {
        let mailbox = Mailbox::new(address, incoming, outgoing);
        ProcessorBuilder::new(processor).with_mailboxes(mailbox).start(self).await
    }

    /// Makes a context of its own address and mailbox that belongs to no worker. It frees the
    /// address when it is dropped.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker), except that workers which end may still make one
    /// while the node stops.
    ///
    /// # Cancel safety
    /// It does not wait: all is done at the first poll, and nothing before.
    pub async fn new_detached(
        &self,
        address: impl Into<Address>,
        incoming: impl IncomingAccessControl,
        outgoing: impl OutgoingAccessControl,
    ) -> Result<Context> {
        let mailbox = Mailbox::new(address, incoming, outgoing);
        self.new_detached_with_mailboxes(mailbox).await
    }

    /// As [`new_detached`](Self::new_detached), with several addresses.
    ///
    /// # Errors
    /// As [`new_detached`](Self::new_detached).
    ///
    /// # Cancel safety
    /// As [`new_detached`](Self::new_detached).
    pub async fn new_detached_with_mailboxes(
        &self,
        mailboxes: impl Into<Mailboxes>,
    ) -> Result<Context> {
        Context::detached(&self.node, mailboxes.into())
    }

    /// Lists the names of all workers, processors and contexts, in order.
    #[must_use]
    pub fn list_workers(&self) -> Vec<Address> {
        let mut names = self.node.workers.collect(|cell| Some(cell.address().clone()));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Tells whether a worker is reachable at an address.
    #[must_use]
    pub fn is_worker_registered_at(&self, address: impl Into<Address>) -> bool {
        self.is_reachable(&address.into())
    }

    fn is_reachable(&self, address: &Address) -> bool {
        self.node.find(address).is_some_and(|cell| !cell.is_starting())
    }

    /// Waits until a worker is reachable at an address, at most for
    /// [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT).
    ///
    /// # Errors
    /// [`TimedOut`](ErrorKind::TimedOut) if none came, and [`Stopped`](ErrorKind::Stopped) if there
    /// is none when the node begins to stop, or did before: none will come.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub async fn wait_for(&self, address: impl Into<Address>) -> Result<()> {
        let address = address.into();
        let arrival = self.node.arrivals.wait_for(&address, || self.is_reachable(&address));
        let limit = self.within(super::DEFAULT_TIMEOUT, self.stopping());
        let mut kind = ErrorKind::TimedOut;
        let arrived = until(arrival, async {
            if limit.await.is_some() {
                kind = ErrorKind::Stopped;
            }
        });
        arrived.await.ok_or_else(|| {
            Error::with_text(kind, || match kind {
                ErrorKind::Stopped => format!("no worker starts at {address}: the node stops"),
                _ => format!("no worker started at {address}"),
            })
        })
    }

    /// Adds a transport, instead of an earlier one for the same type of addresses.
    ///
    /// # Errors
    /// [`Stopped`](ErrorKind::Stopped) if the node has stopped: it has let its transports go.
    pub fn register_transport(&self, transport: Arc<dyn Transport>) -> Result<()> {
        self.node.transports.register(transport)
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
        self.node.transports.resolve(&self.node, route).await
    }

    /// Returns the node's flow controls.
    #[must_use]
    pub fn flow_controls(&self) -> &FlowControls {
        &self.node.flow_controls
    }

    /// Returns the record of messages that could not be delivered.
    #[must_use]
    pub fn dead_letters(&self) -> &DeadLetters {
        &self.node.dead_letters
    }

    /// Waits for a time. With the feature `std` it ends at once if the node's runtime is dropped.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub async fn sleep(&self, duration: Duration) {
        self.node.executor.sleep(duration).await;
    }

    /// Waits for a future, at most for a time. `None` says that it took too long, and the future
    /// was dropped.
    ///
    /// # Cancel safety
    /// That of the future.
    pub async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        until(future, self.node.executor.sleep(limit)).await
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(self.primary_address()).finish()
    }
}
