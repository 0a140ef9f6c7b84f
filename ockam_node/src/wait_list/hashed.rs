//! The places of those who wait in hash tables: by what they wait for, and by their numbers.

use super::{Key, Number};
use core::mem;
use core::task::Waker;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};

/// Nobody else chooses the numbers, so their hashes need no secret, and loom sees the same order again.
type Waiting = HashMap<Number, Waker, BuildHasherDefault<DefaultHasher>>;

pub(super) struct Places<T>(HashMap<T, Waiting>);

impl<T> Places<T> {
    pub(super) fn new() -> Self {
        Places(HashMap::new())
    }
}

impl<T: Key> Places<T> {
    pub(super) fn enter(&mut self, number: Number, waker: Waker, what: &T) -> Option<Waker> {
        if let Some(waiting) = self.0.get_mut(what) {
            return waiting.insert(number, waker);
        }
        self.0.entry(what.clone()).or_default().insert(number, waker)
    }

    /// Nothing is kept for what nothing waits for any more.
    pub(super) fn remove(&mut self, number: Number, what: &T) -> Option<Waker> {
        let waiting = self.0.get_mut(what)?;
        let waker = waiting.remove(&number);
        if waiting.is_empty() {
            self.0.remove(what);
        }
        if self.0.is_empty() {
            drop(mem::take(&mut self.0));
        }
        waker
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all at once.
    pub(super) fn take(&mut self, what: &T) -> Option<impl IntoIterator<Item = Waker> + use<T>> {
        self.0.remove(what).map(HashMap::into_values)
    }
}
