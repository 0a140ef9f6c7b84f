//! The seam between a node and what carries messages to other nodes.

use crate::{Address, Result, TransportType};
use alloc::boxed::Box;
use core::fmt::Debug;
use core::future::Future;
use core::pin::Pin;

/// The future of [`Transport::resolve`].
pub type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Address>> + Send + 'a>>;

/// Carries messages to other nodes.
///
/// A transport runs workers that write messages out and processors that bring messages in. All
/// that the node asks of it is which of those workers leads to an address.
pub trait Transport: Debug + Send + Sync + 'static {
    /// Returns the type of the addresses that this transport understands.
    fn transport_type(&self) -> TransportType;

    /// Finds the local address of the worker through which messages reach `address`, connecting
    /// first if need be. It takes the place of `address` in the route of the message.
    ///
    /// Only routes that a program of this node wrote are resolved, never those of a message from
    /// outside.
    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a>;
}
