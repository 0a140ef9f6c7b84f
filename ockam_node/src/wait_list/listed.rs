//! Those who wait in a vector, which is searched from end to end. What each waits for is not kept:
//! they are woken together, and those who look in vain wait again.

use super::{Key, Number};
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem;
use core::task::Waker;

pub(super) struct Places<T>(Vec<(Number, Waker)>, PhantomData<T>);

impl<T> Places<T> {
    pub(super) fn new() -> Self {
        Places(Vec::new(), PhantomData)
    }
}

impl<T: Key> Places<T> {
    pub(super) fn enter(&mut self, number: Number, waker: Waker, _: &T) -> Option<Waker> {
        match self.0.iter_mut().find(|(known, _)| *known == number) {
            Some((_, known)) => Some(mem::replace(known, waker)),
            None => {
                self.0.push((number, waker));
                None
            }
        }
    }

    pub(super) fn remove(&mut self, number: Number, _: &T) -> Option<Waker> {
        let place = self.0.iter().position(|(known, _)| *known == number)?;
        // `swap_remove` does the same with `memmove`, which takes 1.6 KB of flash.
        let last = self.0.pop()?;
        let left = match self.0.get_mut(place) {
            Some(left) => mem::replace(left, last),
            None => last,
        };
        Some(left.1)
    }

    pub(super) fn take(&mut self, _: &T) -> Option<impl IntoIterator<Item = Waker> + use<T>> {
        Some(mem::take(&mut self.0).into_iter().map(|(_, waker)| waker))
    }
}
