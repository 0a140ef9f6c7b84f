//! Which connections and listeners a transport has.

use crate::limits::DEFAULT_CONNECT_TIMEOUT;
use crate::link::{Link, OnEnd};
use crate::listener_info::TcpListenerInfo;
use crate::on_demand::OnDemand;
use core::time::Duration;
use ockam_core::Address;
use ockam_node::Lock;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one transport shares with its workers.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    links: Lock<BTreeMap<Address, Arc<Link>>>,
    listeners: Lock<BTreeMap<Address, TcpListenerInfo>>,
    on_demand: Arc<OnDemand>,
    /// How long connecting on demand may take, unless it is the default.
    connect_timeout: Lock<Option<Duration>>,
}

impl Registry {
    pub(crate) fn add_link(&self, link: &Arc<Link>) {
        let (address, link) = (link.sender().clone(), Arc::clone(link));
        drop(self.links.with(|links| links.insert(address, link)));
    }

    /// Makes what takes a connection off the lists when it ends.
    pub(crate) fn on_end(self: &Arc<Self>) -> OnEnd {
        let registry = Arc::downgrade(self);
        Box::new(move |link| {
            if let Some(registry) = registry.upgrade() {
                registry.remove_link(link);
                registry.on_demand.forget(link.sender());
            }
        })
    }

    pub(crate) fn remove_link(&self, link: &Link) {
        drop(self.links.with(|links| links.remove(link.sender())));
    }

    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        self.links.with(|links| links.values().cloned().collect())
    }

    /// Finds the connection to which an address belongs, its sender's or its receiver's.
    pub(crate) fn link(&self, address: &Address) -> Option<Arc<Link>> {
        self.links.with(|links| {
            let of_receiver = || links.values().find(|link| link.receiver() == address);
            links.get(address).or_else(of_receiver).cloned()
        })
    }

    pub(crate) fn add_listener(&self, listener: TcpListenerInfo) {
        let address = listener.address().clone();
        drop(self.listeners.with(|listeners| listeners.insert(address, listener)));
    }

    pub(crate) fn remove_listener(&self, address: &Address) {
        drop(self.listeners.with(|listeners| listeners.remove(address)));
    }

    pub(crate) fn listeners(&self) -> Vec<TcpListenerInfo> {
        self.listeners.with(|listeners| listeners.values().cloned().collect())
    }

    /// Returns the connections that routes asked for.
    pub(crate) fn on_demand(&self) -> &Arc<OnDemand> {
        &self.on_demand
    }

    /// Returns how long connecting on demand may take.
    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout.with(|timeout| timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT))
    }

    pub(crate) fn set_connect_timeout(&self, timeout: Duration) {
        self.connect_timeout.with(|known| *known = Some(timeout));
    }
}
