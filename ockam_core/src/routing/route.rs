//! The stops that a message has left, first hop first.
//!
//! It owns reading a route and taking it apart, and its limit. It refuses to know how hops are
//! stored (`hops`) and how a chain of edits reads (`route_builder`).

use core::hash::{Hash, Hasher};
use core::iter::Rev;
use core::slice;

use super::address::Address;
use super::hops::Hops;
use super::route_builder::RouteBuilder;
use super::route_error::RouteError;
use crate::Result;

/// The most hops that a route may have.
///
/// The wire asks for at least 24. Building a route does not check it, so that editing never fails;
/// [`Route::validate`], parsing and decoding do.
pub const MAX_ROUTE_LEN: usize = 32;

/// Lists the addresses that a message still has to visit.
///
/// The first is the next hop, the last is the recipient. Up to four addresses are stored without
/// the heap. Taking and putting an address at the front takes constant time; at the back the
/// others move, of which there are few.
///
/// ```
/// use ockam_core::{Route, route};
///
/// let mut route = route!["h1", "h2", "echoer"];
/// assert_eq!(route.to_string(), "0#h1 => 0#h2 => 0#echoer");
/// assert_eq!(route.step()?, "h1".into());
/// assert_eq!(route.next()?, &"h2".into());
/// assert_eq!(route.recipient()?, "echoer".into());
/// assert_eq!(route, "h2 => echoer".parse::<Route>()?);
/// # Ok::<(), ockam_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Route {
    /// The last hop lies at the bottom and the next one on the top.
    pub(super) hops: Hops,
}

impl Route {
    /// Makes an empty route; [`modify`](Self::modify) and the [`route!`](crate::route) macro fill
    /// it.
    #[inline]
    pub const fn new() -> Self {
        Self { hops: Hops::new() }
    }

    /// Puts the hops of another route on the top, the wrong way round; for `route!`, which calls
    /// it for every item and [`joined`](Self::joined) at the end.
    #[doc(hidden)]
    #[inline]
    pub fn join(&mut self, mut other: Route) {
        while let Some(hop) = other.hops.pop() {
            self.hops.push(hop);
        }
    }

    /// Turns the hops that [`join`](Self::join) put together the right way round.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn joined(mut self) -> Self {
        self.hops.as_mut_slice().reverse();
        self
    }

    /// Returns the next hop.
    ///
    /// # Errors
    /// [`RouteError::Empty`] if there is none, with the kind `InvalidInput`.
    pub fn next(&self) -> Result<&Address> {
        self.first().ok_or_else(|| RouteError::Empty.into_invalid_input())
    }

    /// Removes the next hop and returns it.
    ///
    /// # Errors
    /// [`RouteError::Empty`] if there is none, with the kind `InvalidInput`.
    #[inline]
    pub fn step(&mut self) -> Result<Address> {
        self.pop_front().ok_or_else(|| RouteError::Empty.into_invalid_input())
    }

    /// Returns the last address, where the message ends.
    ///
    /// # Errors
    /// [`RouteError::Empty`] if there is none, with the kind `InvalidInput`.
    pub fn recipient(&self) -> Result<Address> {
        self.last().cloned().ok_or_else(|| RouteError::Empty.into_invalid_input())
    }

    /// Returns the next hop, or `None` if the route is empty.
    #[inline]
    pub fn first(&self) -> Option<&Address> {
        self.hops.as_slice().last()
    }

    /// Returns the last address, or `None` if the route is empty.
    #[inline]
    pub fn last(&self) -> Option<&Address> {
        self.hops.as_slice().first()
    }

    /// Iterates over the addresses, the next hop first.
    #[inline]
    pub fn iter(&self) -> Rev<slice::Iter<'_, Address>> {
        self.hops.as_slice().iter().rev()
    }

    /// Returns the number of addresses.
    #[inline]
    pub fn len(&self) -> usize {
        self.hops.as_slice().len()
    }

    /// Returns true if there are no addresses.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.hops.as_slice().is_empty()
    }

    /// Returns true if there are at most [`MAX_ROUTE_LEN`] addresses.
    #[inline]
    pub fn is_within_limits(&self) -> bool {
        // An inline route is; this is asked for every message.
        self.hops.is_inline() || self.len() <= MAX_ROUTE_LEN
    }

    /// Returns true if the next hop is a worker of this node; an empty route has no next hop and
    /// is not local.
    pub fn is_local(&self) -> bool {
        self.first().is_some_and(Address::is_local)
    }

    /// Returns true if the addresses of the other route stand in this one, in the same order and
    /// without gaps.
    ///
    /// The empty route is contained in every route.
    ///
    /// ```
    /// use ockam_core::route;
    ///
    /// let route = route!["h1", "h2", "echoer"];
    /// assert!(route.contains_route(&route!["h2", "echoer"]));
    /// assert!(!route.contains_route(&route!["h1", "echoer"]));
    /// ```
    pub fn contains_route(&self, other: &Route) -> bool {
        let part = other.hops.as_slice();
        part.is_empty() || self.hops.as_slice().windows(part.len()).any(|window| window == part)
    }

    /// Checks the number of hops and each address against their limits.
    ///
    /// # Errors
    /// [`RouteError::TooLong`] or [`RouteError::Address`], with the kind `InvalidInput`.
    pub fn validate(&self) -> Result<()> {
        self.check().map_err(RouteError::into_invalid_input)
    }

    fn check(&self) -> core::result::Result<(), RouteError> {
        RouteError::check_len(self.len())?;
        for (index, address) in self.iter().enumerate() {
            address.validate().map_err(|error| RouteError::Address { hop: index + 1, error })?;
        }
        Ok(())
    }

    /// Puts an address in front of all others; it is the next hop then.
    #[inline]
    pub fn push_front(&mut self, address: impl Into<Address>) {
        self.hops.push(address.into());
    }

    /// Puts an address after all others; it is the recipient then.
    pub fn push_back(&mut self, address: impl Into<Address>) {
        self.hops.push_bottom(address.into());
    }

    /// Removes the next hop, and returns it if there was one.
    #[inline]
    pub fn pop_front(&mut self) -> Option<Address> {
        self.hops.pop()
    }

    /// Removes the last address, and returns it if there was one.
    pub fn pop_back(&mut self) -> Option<Address> {
        self.hops.pop_bottom()
    }

    /// Becomes another route. The same as an assignment, for a route that is probably empty.
    #[inline]
    pub(crate) fn set(&mut self, other: Route) {
        self.hops.set(other.hops);
    }

    /// Removes all addresses.
    #[inline]
    pub fn clear(&mut self) {
        self.hops.clear();
    }

    /// Edits the route in place with a chain of calls.
    ///
    /// ```
    /// use ockam_core::route;
    ///
    /// let mut route = route!["h1", "echoer"];
    /// route.modify().pop_front().prepend_route(route!["a", "b"]).append("z");
    /// assert_eq!(route, route!["a", "b", "echoer", "z"]);
    /// ```
    pub fn modify(&mut self) -> RouteBuilder<'_> {
        RouteBuilder::new(self)
    }
}

impl Default for Route {
    fn default() -> Self {
        Self::new()
    }
}

/// Compares the addresses in their order.
impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.hops.as_slice() == other.hops.as_slice()
    }
}

impl Eq for Route {}

impl Hash for Route {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hops.as_slice().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;
    use alloc::string::ToString;

    #[test]
    fn an_empty_route_says_so() {
        let mut route = Route::new();
        let text = "the route is empty: it needs at least one address";
        assert_eq!(route.next().err().map(|error| error.to_string()).as_deref(), Some(text));
        assert!(route.step().is_err() && route.recipient().is_err());
        assert!(!route.is_local());
    }

    #[test]
    fn is_local_looks_at_the_next_hop() {
        assert!(route!["echoer", "1#host:4000"].is_local());
        assert!(!route!["1#host:4000", "echoer"].is_local());
    }

    #[test]
    fn limits_are_checked() {
        let full: Route = (0..MAX_ROUTE_LEN).map(|_| Address::from("h")).collect();
        assert!(full.validate().is_ok());
        assert!(route![&full, "h"].validate().is_err());
        let error = route!["h", "a".repeat(256)].validate().err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.starts_with("hop 2: address of 256 bytes")));
    }
}
