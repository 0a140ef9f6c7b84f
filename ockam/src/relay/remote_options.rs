//! What an owner can choose about its relay.

use super::{FORWARDING_SERVICE, STATIC_FORWARDING_SERVICE};
use alloc::vec::Vec;
use core::time::Duration;
use ockam_core::{Address, Route};
use ockam_node::DEFAULT_TIMEOUT;

/// Says how a relay is to be registered. See [`RemoteRelay`](crate::RemoteRelay).
#[derive(Clone, Debug)]
#[must_use = "options do nothing by themselves"]
pub struct RemoteRelayOptions {
    pub(super) service: Option<Route>,
    pub(super) timeout: Duration,
    pub(super) consumers: Vec<Address>,
}

impl RemoteRelayOptions {
    /// Registers at the usual address of the service, [`FORWARDING_SERVICE`] or, for a name of
    /// one's own, [`STATIC_FORWARDING_SERVICE`], and waits for
    /// [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT).
    pub fn new() -> Self {
        RemoteRelayOptions { service: None, timeout: DEFAULT_TIMEOUT, consumers: Vec::new() }
    }

    /// Names the service at the reachable node, where it has another address than usual.
    pub fn with_service(mut self, service: impl Into<Route>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Sets how long a registration may take.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes a worker of this node reachable through the relay: a consumer of the connection over
    /// which it is registered, and of the next one after that was lost.
    pub fn with_consumer(mut self, address: impl Into<Address>) -> Self {
        self.consumers.push(address.into());
        self
    }

    /// Returns the address of the service for a registration with or without a wanted name.
    pub(super) fn service(&self, wanted: Option<&str>) -> Route {
        match (&self.service, wanted) {
            (Some(service), _) => service.clone(),
            (None, Some(_)) => STATIC_FORWARDING_SERVICE.into(),
            (None, None) => FORWARDING_SERVICE.into(),
        }
    }
}

impl Default for RemoteRelayOptions {
    fn default() -> Self {
        Self::new()
    }
}
