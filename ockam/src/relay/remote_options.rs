//! What an owner can choose about its relay.

use super::{FORWARDING_SERVICE, RELAY_LONGEST_WAIT, STATIC_FORWARDING_SERVICE};
use alloc::vec::Vec;
use core::time::Duration;
use ockam_core::{Address, Route};
use ockam_node::DEFAULT_TIMEOUT;

/// Says how a relay is to be registered. See [`RemoteRelay`](crate::remote::RemoteRelay).
#[derive(Clone, Debug)]
#[must_use = "options do nothing by themselves"]
pub struct RemoteRelayOptions {
    pub(super) service: Option<Route>,
    pub(super) timeout: Duration,
    pub(super) consumers: Vec<Address>,
    pub(super) retries: bool,
    pub(super) longest_wait: Duration,
}

impl RemoteRelayOptions {
    /// Registers at the usual address of the service, [`FORWARDING_SERVICE`] or, for a name of
    /// one's own, [`STATIC_FORWARDING_SERVICE`], and waits for
    /// [`DEFAULT_TIMEOUT`](crate::limits::DEFAULT_TIMEOUT).
    pub fn new() -> Self {
        RemoteRelayOptions {
            service: None,
            timeout: DEFAULT_TIMEOUT,
            consumers: Vec::new(),
            retries: false,
            longest_wait: RELAY_LONGEST_WAIT,
        }
    }

    /// Names the service at the reachable node, where it has another address than usual.
    pub fn with_service(mut self, service: impl Into<Route>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// Keeps trying from the first attempt on: `create` and `create_static` return at once, with a
    /// relay that is being registered, also if the other node cannot be reached yet.
    /// [`RemoteRelayInfo::watch`](crate::remote::RemoteRelayInfo::watch) tells when it is up, and why not.
    ///
    /// Without it the first attempt is made once, and a failure is the caller's error.
    pub fn with_retries(mut self) -> Self {
        self.retries = true;
        self
    }

    /// Sets how long to wait at most between two attempts, instead of
    /// [`RELAY_LONGEST_WAIT`](crate::relay::RELAY_LONGEST_WAIT): longer on a battery, say.
    pub fn with_longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = wait;
        self
    }

    /// Sets how long a registration may take. Attempts to register again begin with less,
    /// [`RELAY_ATTEMPT_LIMIT`](crate::relay::RELAY_ATTEMPT_LIMIT), and get up to this.
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
