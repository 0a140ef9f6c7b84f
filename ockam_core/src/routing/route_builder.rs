//! Edits of a route that read as one chain.
//!
//! It owns the verbs. It refuses to own a route: it edits one in place.

use super::address::Address;
use super::route::Route;

/// Edits the route it was made from by [`Route::modify`], with each call, at once.
///
/// A chain may end in a statement, because the route is edited already, or convert into a
/// [`Route`], which is a clone of it.
///
/// ```
/// use ockam_core::{Route, route};
///
/// let mut route = Route::new();
/// route.modify().append("h1").append("echoer");
/// assert_eq!(route, route!["h1", "echoer"]);
///
/// let longer: Route = route.modify().prepend("h0").into();
/// assert_eq!(longer, route!["h0", "h1", "echoer"]);
/// ```
#[derive(Debug)]
pub struct RouteBuilder<'a> {
    route: &'a mut Route,
}

impl<'a> RouteBuilder<'a> {
    pub(super) fn new(route: &'a mut Route) -> Self {
        Self { route }
    }

    /// Puts an address in front of all others.
    pub fn prepend(self, address: impl Into<Address>) -> Self {
        self.route.push_front(address);
        self
    }

    /// Puts an address after all others.
    pub fn append(self, address: impl Into<Address>) -> Self {
        self.route.push_back(address);
        self
    }

    /// Puts the addresses of a route, in their order, in front of all others.
    pub fn prepend_route(self, route: impl Into<Route>) -> Self {
        self.route.hops.push_all(route.into().hops);
        self
    }

    /// Puts the addresses of a route, in their order, after all others.
    pub fn append_route(self, route: impl Into<Route>) -> Self {
        let front = core::mem::replace(self.route, route.into());
        self.route.hops.push_all(front.hops);
        self
    }

    /// Replaces the next hop; if the route is empty the address becomes its only one.
    pub fn replace(self, address: impl Into<Address>) -> Self {
        self.pop_front().prepend(address)
    }

    /// Removes the next hop, if there is one.
    pub fn pop_front(self) -> Self {
        self.route.pop_front();
        self
    }

    /// Removes the last address, if there is one.
    pub fn pop_back(self) -> Self {
        self.route.pop_back();
        self
    }

    /// Returns a clone of the edited route.
    pub fn build(self) -> Route {
        self.route.clone()
    }
}

impl From<RouteBuilder<'_>> for Route {
    fn from(builder: RouteBuilder<'_>) -> Self {
        builder.build()
    }
}

#[cfg(test)]
mod tests {
    use crate::route;

    #[test]
    fn every_verb_edits_in_place() {
        let mut route = route!["b", "c"];
        route.modify().prepend("a").append("d");
        assert_eq!(route, route!["a", "b", "c", "d"]);
        route.modify().pop_front().pop_back().replace("x");
        assert_eq!(route, route!["x", "c"]);
        route.modify().prepend_route(route!["1", "2"]).append_route(route!["3", "4"]);
        assert_eq!(route, route!["1", "2", "x", "c", "3", "4"]);
    }

    #[test]
    fn edits_of_an_empty_route_do_not_fail() {
        let mut route = route![];
        route.modify().pop_front().pop_back().replace("a");
        assert_eq!(
            route.modify().append_route(route![]).prepend_route(route![]).build(),
            route!["a"]
        );
    }
}
