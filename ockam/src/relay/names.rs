//! Which relays a service runs: plain data, behind one lock.
//!
//! It owns names and the bound on their number. It refuses to start and stop anything.

use super::refusal::RelayRefusal;
use ockam_core::Address;
use ockam_node::{Handle, Repeats, wake};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Poll, Waker};

/// The relays of one service, and what it refused. The service's worker writes, the program reads.
pub(super) struct Names {
    limit: usize,
    /// What owners can make the log say, by connection.
    repeats: Repeats<(Address, Event)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The life of a relay is held by its worker, so a relay that ended leaves its name here and
    /// nothing else.
    relays: BTreeMap<Address, Entry>,
    refused: [u64; RelayRefusal::ALL.len()],
    replaced: u64,
}

struct Entry {
    life: Weak<Life>,
    /// Through which address of this node the relay forwards.
    leads_to: Address,
}

/// What the log of a service names of the relays of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Registered,
    /// Refused, with the number of the reason.
    Refused(usize),
    /// A relay has ended with the connection.
    Ended,
    /// A relay that was replaced has lost a message.
    Lost,
}

/// The life of one relay: it is over when its worker is dropped, or earlier, when another
/// registration has taken its name.
#[derive(Debug, Default)]
pub(super) struct Life(Mutex<Retirement>);

#[derive(Debug, Default)]
struct Retirement {
    retired: bool,
    waker: Option<Waker>,
}

impl Life {
    /// Tells the relay that its name is wanted: it must not wait for its connection any more.
    pub(super) fn retire(&self) {
        let waker = {
            let mut retirement = lock(&self.0);
            retirement.retired = true;
            retirement.waker.take()
        };
        wake(waker);
    }

    pub(super) fn poll_retired(&self, waker: &Waker) -> Poll<()> {
        let mut retirement = lock(&self.0);
        if retirement.retired {
            return Poll::Ready(());
        }
        retirement.waker = Some(waker.clone());
        Poll::Pending
    }
}

impl Names {
    pub(super) fn new(limit: usize) -> Self {
        Names { limit, repeats: Repeats::new(), state: Mutex::new(State::default()) }
    }

    /// Counts what the owner behind a connection has caused. Returns how many there were if the log
    /// is told: of the first of each kind, the tenth, the hundredth.
    pub(super) fn told(&self, ctx: &Handle, connection: Address, event: Event) -> Option<u64> {
        let is_alive =
            |(connection, _): &(Address, Event)| ctx.is_worker_registered_at(connection.clone());
        self.repeats.note((connection, event), is_alive)
    }

    /// Returns the life of the relay that has a name.
    pub(super) fn find(&self, name: &Address) -> Option<Arc<Life>> {
        lock(&self.state).relays.get(name)?.life.upgrade()
    }

    /// Remembers a relay that is about to start.
    pub(super) fn insert(&self, name: Address, life: &Arc<Life>, leads_to: Address) {
        let entry = Entry { life: Arc::downgrade(life), leads_to };
        lock(&self.state).relays.insert(name, entry);
    }

    /// Tells whether there is room for one more, once those that have ended are forgotten.
    pub(super) fn has_room(&self) -> bool {
        let mut state = lock(&self.state);
        if state.relays.len() >= self.limit {
            state.relays.retain(|_, entry| entry.life.strong_count() > 0);
        }
        state.relays.len() < self.limit
    }

    /// Forgets a relay.
    pub(super) fn remove(&self, name: &Address) {
        lock(&self.state).relays.remove(name);
    }

    /// Lists the relays that have not ended, each with the address through which it forwards.
    pub(super) fn list(&self) -> Vec<(Address, Address)> {
        let state = lock(&self.state);
        let living = state.relays.iter().filter(|(_, entry)| entry.life.strong_count() > 0);
        living.map(|(name, entry)| (name.clone(), entry.leads_to.clone())).collect()
    }

    /// Counts the living relays that lead to an address, the one of a name excepted.
    pub(super) fn others_to(&self, leads_to: &Address, name: &Address) -> usize {
        let state = lock(&self.state);
        let leads_there = |(known, entry): &(&Address, &Entry)| {
            entry.leads_to == *leads_to && *known != name && entry.life.strong_count() > 0
        };
        state.relays.iter().filter(leads_there).count()
    }

    pub(super) fn count_refused(&self, why: RelayRefusal) {
        lock(&self.state).refused[why as usize] += 1;
    }

    pub(super) fn refused(&self, why: RelayRefusal) -> u64 {
        lock(&self.state).refused[why as usize]
    }

    pub(super) fn count_replaced(&self) {
        lock(&self.state).replaced += 1;
    }

    pub(super) fn replaced(&self) -> u64 {
        lock(&self.state).replaced
    }
}

/// Locks for a few instructions; what a panic left behind is still worth looking at.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Wake;

    #[test]
    fn a_relay_that_ended_makes_room_and_has_no_name_any_more() {
        let names = Names::new(2);
        let lives = [Arc::new(Life::default()), Arc::new(Life::default())];
        for (name, life) in ["a", "b"].into_iter().zip(&lives) {
            assert!(names.has_room());
            names.insert(name.into(), life, "connection".into());
        }
        assert!(!names.has_room());
        let [a, _b] = lives;
        assert!(names.find(&"a".into()).is_some());
        drop(a);
        assert!(names.find(&"a".into()).is_none() && names.find(&"b".into()).is_some());
        assert_eq!(names.list(), [("b".into(), "connection".into())]);
        assert!(names.has_room());
    }

    #[test]
    fn a_retired_relay_is_woken() {
        let life = Life::default();
        assert!(life.poll_retired(Waker::noop()).is_pending());
        life.retire();
        assert!(life.poll_retired(Waker::noop()).is_ready());
    }

    /// The waker of an executor that is broken.
    struct Broken;

    impl Wake for Broken {
        fn wake(self: Arc<Self>) {
            panic!("a waker of the tests is broken");
        }
    }

    #[test]
    fn a_relay_is_retired_though_its_waker_panics() {
        let life = Life::default();
        assert!(life.poll_retired(&Arc::new(Broken).into()).is_pending());
        life.retire();
        assert!(life.poll_retired(Waker::noop()).is_ready());
    }
}
