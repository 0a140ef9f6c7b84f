//! Which connections and listeners a transport has.

use crate::connection::TcpConnection;
use crate::link::Link;
use crate::listener::TcpListenerInfo;
use core::sync::atomic::{AtomicUsize, Ordering};
use ockam_core::Address;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What one transport shares with its workers.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    links: Mutex<BTreeMap<Address, Arc<Link>>>,
    listeners: Mutex<BTreeMap<Address, TcpListenerInfo>>,
    on_demand: Mutex<BTreeMap<Address, Arc<OnDemand>>>,
}

/// The connection to an address that a route named. Whoever finds none yet makes it under the
/// lock, so that two who come at the same time make one.
#[derive(Debug, Default)]
pub(crate) struct OnDemand(pub(crate) tokio::sync::Mutex<Option<TcpConnection>>);

/// The connections that one listener holds at the moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<AtomicUsize>);

/// One of them; it gives its place back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Held);

impl Held {
    /// Takes a place, if fewer than `limit` are taken.
    pub(crate) fn take(&self, limit: usize) -> Option<Place> {
        let one_more = |taken: usize| (taken < limit).then_some(taken + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        Some(Place(self.clone()))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Registry {
    pub(crate) fn add_link(&self, link: &Arc<Link>) {
        lock(&self.links).insert(link.sender().clone(), Arc::clone(link));
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

    /// Finds the place of the connection to an address that routes name.
    pub(crate) fn on_demand(&self, address: &Address) -> Arc<OnDemand> {
        Arc::clone(lock(&self.on_demand).entry(address.clone()).or_default())
    }

    /// Forgets such a place, so that addresses that nobody uses any more leave nothing behind.
    pub(crate) fn forget_on_demand(&self, address: &Address, place: &Arc<OnDemand>) {
        let mut places = lock(&self.on_demand);
        if places.get(address).is_some_and(|known| Arc::ptr_eq(known, place)) {
            places.remove(address);
        }
    }

    /// Forgets the places whose connection has the given sender.
    pub(crate) fn forget_sender(&self, sender: &Address) {
        lock(&self.on_demand).retain(|_, place| match place.0.try_lock() {
            Ok(connection) => connection.as_ref().is_none_or(|known| known.address() != sender),
            Err(_) => true,
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics under these locks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
