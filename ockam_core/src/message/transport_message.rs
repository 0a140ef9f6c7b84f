//! A message as it is on its way: where to, where back, and what.

use super::Payload;
use crate::{Result, Route};

/// Carries a payload along a route, and the route along which an answer comes back.
///
/// Every hop removes itself from the front of the onward route and, as a rule, puts itself in
/// front of the return route.
///
/// ```
/// use ockam_core::{TransportMessage, route};
///
/// let mut message = TransportMessage::new(route!["h1", "echoer"], route!["app"], vec![1, 2]);
/// let me = message.onward_route.step()?;
/// message.return_route.modify().prepend(me);
/// assert_eq!(message.return_route, route!["h1", "app"]);
/// # Ok::<(), ockam_core::Error>(())
/// ```
///
/// It is exhaustive: these are the fields of the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransportMessage {
    /// The hops that are still to come; the first is where the message is delivered next.
    pub onward_route: Route,
    /// The hops of an answer, as seen from where the message is.
    pub return_route: Route,
    /// The body.
    pub payload: Payload,
}

impl TransportMessage {
    /// Puts a message together.
    #[must_use]
    #[inline]
    pub fn new(
        onward_route: impl Into<Route>,
        return_route: impl Into<Route>,
        payload: impl Into<Payload>,
    ) -> Self {
        TransportMessage {
            onward_route: onward_route.into(),
            return_route: return_route.into(),
            payload: payload.into(),
        }
    }

    /// Checks both routes against the limits that the wire and memory set.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the limit that is passed.
    pub fn validate(&self) -> Result<()> {
        self.onward_route.validate()?;
        self.return_route.validate()
    }
}
