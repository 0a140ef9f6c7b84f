//! Addresses and routes: their types, and their limits.

pub use ockam_core::{
    Address, LOCAL, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, RouteBuilder, TransportType, route,
};
pub use ockam_node::APP;
