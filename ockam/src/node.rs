//! The node as the main function sees it.

#[cfg(feature = "identity")]
mod channels;

use crate::relay::{RemoteRelay, RemoteRelayInfo, RemoteRelayOptions};
use alloc::string::String;
use core::fmt;
use core::ops::{Deref, DerefMut};
use ockam_core::{Result, Route};
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

    /// Registers a relay for this node, as [`RemoteRelay::create`].
    ///
    /// # Errors
    /// As [`RemoteRelay::create`].
    ///
    /// # Cancel safety
    /// As [`RemoteRelay::create`].
    pub async fn create_relay(
        &self,
        route: impl Into<Route>,
        options: RemoteRelayOptions,
    ) -> Result<RemoteRelayInfo> {
        RemoteRelay::create(self, route, options).await
    }

    /// Registers a relay with a name of one's own choice, as [`RemoteRelay::create_static`].
    ///
    /// # Errors
    /// As [`RemoteRelay::create_static`].
    ///
    /// # Cancel safety
    /// As [`RemoteRelay::create`].
    pub async fn create_static_relay(
        &self,
        route: impl Into<Route>,
        name: impl Into<String>,
        options: RemoteRelayOptions,
    ) -> Result<RemoteRelayInfo> {
        RemoteRelay::create_static(self, route, name, options).await
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
