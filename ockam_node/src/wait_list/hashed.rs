//! The places of those who wait in hash tables: by what they wait for, and by their numbers.

use super::{Key, Number};
use core::mem;
use core::task::Waker;
use std::collections::HashMap;

pub(super) struct Places<T>(HashMap<T, HashMap<Number, Waker>>);

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

    /// Takes all at once.
    pub(super) fn take(&mut self, what: &T) -> Option<impl IntoIterator<Item = Waker> + use<T>> {
        self.0.remove(what).map(HashMap::into_values)
    }
}
