//! The `route!` macro.
//!
//! It owns the syntax. It refuses to know what an item is: whatever converts into a route does.

/// Writes a route as a list of its hops.
///
/// An item is anything that converts into a [`Route`](crate::Route): a text, an
/// [`Address`](crate::Address), a pair of transport type and text, a connection, or another route,
/// whose hops are spliced in.
///
/// ```
/// use ockam_core::{Address, TCP, route};
///
/// let relay = route![(TCP, "host:4000"), "relay"];
/// let address = Address::from("echoer");
/// let route = route![&relay, "h1", address];
/// assert_eq!(route.to_string(), "1#host:4000 => 0#relay => 0#h1 => 0#echoer");
/// assert!(route![].is_empty());
/// ```
#[macro_export]
macro_rules! route {
    () => {
        $crate::Route::new()
    };
    ($hop:expr $(,)?) => {
        ::core::convert::Into::<$crate::Route>::into($hop)
    };
    ($($hop:expr),+ $(,)?) => {{
        let mut route = $crate::Route::new();
        $(route.join(::core::convert::Into::<$crate::Route>::into($hop));)+
        route.joined()
    }};
}
