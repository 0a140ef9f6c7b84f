//! The macro that makes a handle stand in routes.

/// Converts a handle of a worker, such as a connection or a channel, into the [`Address`](crate::Address) of
/// the worker and into a [`Route`](crate::Route) of this one hop, owned and borrowed.
///
/// ```
/// use ockam_core::{Address, hop_conversions, route};
///
/// struct Pipe { sender: Address }
///
/// hop_conversions!(Pipe, |pipe| &pipe.sender);
///
/// let pipe = Pipe { sender: "pipe".into() };
/// assert_eq!(route![&pipe, "echoer"], route!["pipe", "echoer"]);
/// assert_eq!(Address::from(pipe), "pipe".into());
/// ```
#[macro_export]
macro_rules! hop_conversions {
    ($handle:ty, |$name:ident| $address:expr) => {
        impl ::core::convert::From<&$handle> for $crate::Address {
            fn from($name: &$handle) -> Self {
                <$crate::Address as ::core::clone::Clone>::clone($address)
            }
        }

        impl ::core::convert::From<$handle> for $crate::Address {
            fn from(handle: $handle) -> Self {
                $crate::Address::from(&handle)
            }
        }

        impl ::core::convert::From<&$handle> for $crate::Route {
            fn from(handle: &$handle) -> Self {
                $crate::Route::from($crate::Address::from(handle))
            }
        }

        impl ::core::convert::From<$handle> for $crate::Route {
            fn from(handle: $handle) -> Self {
                $crate::Route::from($crate::Address::from(&handle))
            }
        }
    };
}
