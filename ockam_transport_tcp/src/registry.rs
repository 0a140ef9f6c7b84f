//! Which connections and listeners a transport has.

use crate::limits::DEFAULT_CONNECT_TIMEOUT;
use crate::link::{Link, OnEnd};
use crate::listener_info::TcpListenerInfo;
use crate::on_demand::OnDemand;
use core::time::Duration;
use ockam_core::Address;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What one transport shares with its workers.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    links: Mutex<BTreeMap<Address, Arc<Link>>>,
    listeners: Mutex<BTreeMap<Address, TcpListenerInfo>>,
    on_demand: Arc<OnDemand>,
    /// How long connecting on demand may take, unless it is the default.
    connect_timeout: Mutex<Option<Duration>>,
}

impl Registry {
    pub(crate) fn add_link(&self, link: &Arc<Link>) {
        lock(&self.links).insert(link.sender().clone(), Arc::clone(link));
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
        lock(&self.links).remove(link.sender());
    }

    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        lock(&self.links).values().cloned().collect()
    }

    /// Finds the connection to which an address belongs, its sender's or its receiver's.
    pub(crate) fn link(&self, address: &Address) -> Option<Arc<Link>> {
        let links = lock(&self.links);
        let found =
            links.get(address).or_else(|| links.values().find(|link| link.receiver() == address));
        found.cloned()
    }

    pub(crate) fn add_listener(&self, listener: TcpListenerInfo) {
        lock(&self.listeners).insert(listener.address().clone(), listener);
    }

    pub(crate) fn remove_listener(&self, address: &Address) {
        lock(&self.listeners).remove(address);
    }

    pub(crate) fn listeners(&self) -> Vec<TcpListenerInfo> {
        lock(&self.listeners).values().cloned().collect()
    }

    /// Returns the connections that routes asked for.
    pub(crate) fn on_demand(&self) -> &Arc<OnDemand> {
        &self.on_demand
    }

    /// Returns how long connecting on demand may take.
    pub(crate) fn connect_timeout(&self) -> Duration {
        lock(&self.connect_timeout).unwrap_or(DEFAULT_CONNECT_TIMEOUT)
    }

    pub(crate) fn set_connect_timeout(&self, timeout: Duration) {
        *lock(&self.connect_timeout) = Some(timeout);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
