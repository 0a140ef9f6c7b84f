//! Addresses and routes: where a message goes next, and where it goes after that.
//!
//! An [`Address`] names one stop, a [`Route`] is the list of stops that are left. A node looks at
//! the first hop, removes it, and hands the rest on; everything else in Ockam is built from that
//! step.
//!
//! This module owns the values, their text form, their serde form and their limits. It refuses to
//! know who listens at an address, how a transport reads the bytes of one, and where random names
//! come from.
//!
//! | file | owns |
//! |---|---|
//! | `transport_type` | the number in front of an address |
//! | `address`, `address_conversion` | one stop, and what converts into it |
//! | `address_text`, `address_error` | its text form, and what can be wrong with it |
//! | `route`, `route_conversion` | the stops that are left, and what converts into them |
//! | `route_text`, `route_error` | their text form, and what can be wrong with them |
//! | `route_builder`, `route_macro` | editing and writing routes |
//! | `hops` | how a route is stored |
//! | `reply_name` | the names at which askers wait |
//! | `encoding` | serde for both |

mod address;
mod address_conversion;
mod address_error;
mod address_text;
mod encoding;
mod hop_conversions;
mod hops;
mod reply_name;
mod route;
mod route_builder;
mod route_conversion;
mod route_error;
mod route_macro;
mod route_text;
mod transport_type;

pub use address::{Address, MAX_ADDRESS_LEN};
pub use address_error::AddressError;
pub use route::{MAX_ROUTE_LEN, Route};
pub use route_builder::RouteBuilder;
pub use route_conversion::RouteIntoIter;
pub use route_error::RouteError;
pub use transport_type::{LOCAL, TCP, TransportType};
