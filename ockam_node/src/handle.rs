//! The part of a context that can be copied and go to other tasks.

use crate::cell::Cell;
use crate::dead_letter::DeadLetters;
use crate::executor::until;
use crate::flow_controls::FlowControls;
use crate::node::Node;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::time::Duration;
use ockam_core::{Address, Mailboxes, TransportType};

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

    pub(crate) fn is_reachable(&self, address: &Address) -> bool {
        self.node.find(address).is_some_and(|cell| !cell.is_starting())
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
