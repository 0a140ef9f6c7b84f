//! What a program can choose about a relay service.

use super::{DEFAULT_MAX_RELAYS, DEFAULT_MAX_RELAYS_PER_CONNECTION, DEFAULT_RELAY_PREFIX};
use ockam_core::{
    Address, AllowAll, Authorization, FlowControlId, IncomingAccessControl, RelayMessage,
};
use std::fmt;
use std::sync::Arc;

/// Says how a relay service is to be. See [`RelayService::create`](crate::RelayService::create).
#[derive(Clone, Debug)]
#[must_use = "options do nothing by themselves"]
pub struct RelayServiceOptions {
    pub(super) prefix: String,
    pub(super) aliases: Vec<Address>,
    pub(super) max_relays: usize,
    pub(super) max_per_connection: usize,
    pub(super) service_consumer_of: Vec<FlowControlId>,
    pub(super) relay_consumer_of: Vec<FlowControlId>,
    pub(super) access: Shared,
}

impl RelayServiceOptions {
    /// Begins with a service that puts [`DEFAULT_RELAY_PREFIX`] in front of the name that an owner
    /// wants, and that is not reachable from outside yet.
    pub fn new() -> Self {
        RelayServiceOptions {
            prefix: DEFAULT_RELAY_PREFIX.into(),
            aliases: Vec::new(),
            max_relays: DEFAULT_MAX_RELAYS,
            max_per_connection: DEFAULT_MAX_RELAYS_PER_CONNECTION,
            service_consumer_of: Vec::new(),
            relay_consumer_of: Vec::new(),
            access: Shared(Arc::new(AllowAll)),
        }
    }

    /// Sets the text in front of every name, instead of [`DEFAULT_RELAY_PREFIX`]. It keeps the names
    /// that owners choose apart from those of this node's own workers: choose one with which no
    /// worker's address begins.
    ///
    /// With an empty prefix an owner can take any name that is free, also that of a worker which is
    /// just being restarted, and then gets the messages that this node sends to it. Use it only
    /// behind an access control.
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Gives the service one more address, such as
    /// [`STATIC_FORWARDING_SERVICE`](crate::relay::STATIC_FORWARDING_SERVICE).
    pub fn with_alias(mut self, address: impl Into<Address>) -> Self {
        self.aliases.push(address.into());
        self
    }

    /// Sets how many relays the service runs at a time, instead of [`DEFAULT_MAX_RELAYS`].
    pub fn with_max_relays(mut self, relays: usize) -> Self {
        self.max_relays = relays;
        self
    }

    /// Sets how many relays lead to one connection or channel at a time, instead of
    /// [`DEFAULT_MAX_RELAYS_PER_CONNECTION`].
    pub fn with_max_relays_per_connection(mut self, relays: usize) -> Self {
        self.max_per_connection = relays;
        self
    }

    /// Lets messages of a flow reach the service: those of a listener's connections, say, so that
    /// whoever connects can register.
    pub fn service_as_consumer(mut self, id: &FlowControlId) -> Self {
        self.service_consumer_of.push(id.clone());
        self
    }

    /// Lets messages of a flow reach the relays, so that whoever connects can use them.
    pub fn relay_as_consumer(mut self, id: &FlowControlId) -> Self {
        self.relay_consumer_of.push(id.clone());
        self
    }

    /// Sets who may register. The rule sees each registration as it arrives: what local workers
    /// attached to it, such as the identity at the other end of a secure channel, and the wanted
    /// name, which is its body as a `String`. What it refuses is dropped without an answer.
    pub fn with_access_control(mut self, access: impl IncomingAccessControl) -> Self {
        self.access = Shared(Arc::new(access));
        self
    }
}

impl Default for RelayServiceOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// One rule for all addresses of a service.
#[derive(Clone)]
pub(super) struct Shared(Arc<dyn IncomingAccessControl>);

impl IncomingAccessControl for Shared {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        self.0.is_authorized(message)
    }

    fn constant(&self) -> Option<bool> {
        self.0.constant()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
