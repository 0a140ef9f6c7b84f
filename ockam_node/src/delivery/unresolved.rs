//! Routes that name a transport and are not resolved: finding them, and their errors.

use crate::delivery::send_error::{SendError, SendErrorReason, boundary};
use crate::node::Node;
use crate::text::text;
use alloc::format;
use alloc::string::String;
use ockam_core::{Address, Error, ErrorKind, LocalMessage};

/// Tells whether a hop of a message's route belongs to a transport, and perhaps to one of this
/// node: a node without transports leaves it to those that are further on.
#[inline]
pub(crate) fn is_unresolved(node: &Node, message: &LocalMessage) -> bool {
    let route = message.onward_route();
    route.iter().any(|hop| !hop.is_local())
        && (!route.is_local() || node.transports.resolver().is_some())
}

/// Says that the node has no transport for the hop of one in a message's route.
#[cold]
pub(crate) fn unresolvable(message: LocalMessage) -> Error {
    let why = text(|| {
        let hop = message.onward_route().iter().find(|hop| !hop.is_local());
        hop.map(no_transport).unwrap_or_default()
    });
    unresolved(ErrorKind::NotFound, why, message)
}

/// Makes the error of a route that was not resolved.
pub(crate) fn unresolved(kind: ErrorKind, why: String, message: LocalMessage) -> Error {
    boundary(SendError::new(SendErrorReason::Unresolved { kind, why }, message))
}

/// Says that nothing on the node leads to a hop.
pub(crate) fn no_transport(hop: &Address) -> String {
    format!(
        "{hop} is not on this node, and the node has no transport of type {}: create the transport \
         first",
        hop.transport_type()
    )
}
