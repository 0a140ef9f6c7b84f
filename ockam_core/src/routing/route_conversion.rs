//! What converts into a route, and a route into its addresses.
//!
//! It owns the conversions, which never fail. It refuses to parse: a text is one address here, and
//! `str::parse` reads a whole route.

use alloc::string::String;
use alloc::vec::Vec;

use core::iter::{FusedIterator, Rev};
use core::slice;

use super::address::Address;
use super::hops::Hops;
use super::route::Route;
use super::transport_type::TransportType;

impl From<Address> for Route {
    #[inline]
    fn from(address: Address) -> Self {
        Self { hops: Hops::one(address) }
    }
}

impl From<&Address> for Route {
    #[inline]
    fn from(address: &Address) -> Self {
        Self::from(address.clone())
    }
}

impl From<&str> for Route {
    #[inline]
    fn from(address: &str) -> Self {
        Self::from(Address::from(address))
    }
}

impl From<String> for Route {
    #[inline]
    fn from(address: String) -> Self {
        Self::from(Address::from(address))
    }
}

impl From<&String> for Route {
    #[inline]
    fn from(address: &String) -> Self {
        Self::from(Address::from(address))
    }
}

impl<B: AsRef<[u8]>> From<(TransportType, B)> for Route {
    #[inline]
    fn from(address: (TransportType, B)) -> Self {
        Self::from(Address::from(address))
    }
}

impl From<&Route> for Route {
    #[inline]
    fn from(route: &Route) -> Self {
        route.clone()
    }
}

impl From<Vec<Address>> for Route {
    #[inline]
    fn from(mut addresses: Vec<Address>) -> Self {
        addresses.reverse();
        Self { hops: Hops::from(addresses) }
    }
}

impl From<&[Address]> for Route {
    #[inline]
    fn from(addresses: &[Address]) -> Self {
        addresses.iter().cloned().collect()
    }
}

impl<T: Into<Address>, const N: usize> From<[T; N]> for Route {
    #[inline]
    fn from(addresses: [T; N]) -> Self {
        addresses.into_iter().map(T::into).collect()
    }
}

impl FromIterator<Address> for Route {
    fn from_iter<I: IntoIterator<Item = Address>>(addresses: I) -> Self {
        let mut hops = Hops::new();
        addresses.into_iter().for_each(|address| hops.push(address));
        hops.as_mut_slice().reverse();
        Self { hops }
    }
}

/// Appends the addresses, in their order.
impl Extend<Address> for Route {
    fn extend<I: IntoIterator<Item = Address>>(&mut self, addresses: I) {
        let tail: Self = addresses.into_iter().collect();
        self.modify().append_route(tail);
    }
}

impl<'a> IntoIterator for &'a Route {
    type Item = &'a Address;
    type IntoIter = Rev<slice::Iter<'a, Address>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Route {
    type Item = Address;
    type IntoIter = RouteIntoIter;

    fn into_iter(self) -> RouteIntoIter {
        RouteIntoIter { route: self }
    }
}

/// Iterates over the addresses of a route that it owns, the next hop first.
#[derive(Clone, Debug)]
pub struct RouteIntoIter {
    route: Route,
}

impl Iterator for RouteIntoIter {
    type Item = Address;

    fn next(&mut self) -> Option<Address> {
        self.route.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.route.len(), Some(self.route.len()))
    }
}

impl DoubleEndedIterator for RouteIntoIter {
    fn next_back(&mut self) -> Option<Address> {
        self.route.pop_back()
    }
}

impl ExactSizeIterator for RouteIntoIter {}
impl FusedIterator for RouteIntoIter {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;
    use crate::routing::transport_type::TCP;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn lists_keep_their_order() {
        let list: Vec<Address> = ["a", "b", "c", "d", "e"].map(Address::from).into();
        let route = route!["a", "b", "c", "d", "e"];
        assert_eq!(Route::from(list.as_slice()), route);
        assert_eq!(Route::from(list.clone()), route);
        assert_eq!(Route::from(["a", "b", "c", "d", "e"]), route);
        assert_eq!(route.clone().into_iter().collect::<Vec<_>>(), list);
        assert_eq!(route.iter().rev().len(), 5);
        assert_eq!(Route::from(vec![Address::from("a")]), route!["a"]);
    }

    #[test]
    fn single_values_are_routes_of_one_hop() {
        let address = Address::from("a => b");
        let text = "a => b".to_string();
        for route in [Route::from(&address), (&text).into(), text.clone().into(), (TCP, "x").into()]
        {
            assert_eq!(route.len(), 1);
        }
        assert_eq!(Route::from(address.clone()), Route::from(text));
    }

    #[test]
    fn extend_appends() {
        let mut route = route!["a"];
        route.extend(route!["b", "c"]);
        assert_eq!(route, route!["a", "b", "c"]);
    }
}
