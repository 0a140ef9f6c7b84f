//! The node as the main function sees it.

#[cfg(feature = "identity")]
mod channels;

use core::fmt;
use core::ops::{Deref, DerefMut};
use ockam_node::Context;

/// A node: what the main function starts workers on, sends and receives with, and stops.
///
/// It owns the context of the main function, at the address `"app"`, and has all its calls:
/// [`start_worker`](ockam_node::Handle::start_worker), [`send`](ockam_node::Handle::send),
/// [`receive`](Context::receive), [`stop`](Context::stop) and the others of [`Context`] and
/// [`Handle`](ockam_node::Handle).
pub struct Node {
    context: Context,
    #[cfg(feature = "identity")]
    identities: ockam_identity::Identities,
}

/// Makes a node of the context that the main function got.
///
/// ```
/// use ockam::{Context, Result, node};
///
/// #[ockam::node]
/// async fn main(ctx: Context) -> Result<()> {
///     let mut node = node(ctx);
///     node.stop().await
/// }
/// ```
#[must_use]
pub fn node(ctx: Context) -> Node {
    Node {
        context: ctx,
        #[cfg(feature = "identity")]
        identities: ockam_identity::Identities::in_memory(),
    }
}

impl Node {
    /// Returns the context of the main function.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Takes the context of the main function out.
    #[must_use]
    pub fn into_context(self) -> Context {
        self.context
    }
}

impl Deref for Node {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl DerefMut for Node {
    fn deref_mut(&mut self) -> &mut Context {
        &mut self.context
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Node").field(&self.context).finish()
    }
}
