//! Relays from the side of the node that wants to be reached: its registration with a relay service on
//! another node.

pub use crate::relay::{RemoteRelay, RemoteRelayInfo, RemoteRelayOptions};
