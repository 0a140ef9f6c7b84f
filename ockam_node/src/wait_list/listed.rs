//! The places of those who wait in a vector, which is searched from end to end.

use super::{Key, Number};
use alloc::vec::Vec;
use core::mem;
use core::task::Waker;

pub(super) struct Places<T>(Vec<Waiting<T>>);

struct Waiting<T> {
    number: Number,
    what: T,
    waker: Waker,
}

impl<T> Places<T> {
    pub(super) fn new() -> Self {
        Places(Vec::new())
    }
}

impl<T: Key> Places<T> {
    pub(super) fn enter(&mut self, number: Number, mut waker: Waker, what: &T) -> Option<Waker> {
        match self.0.iter_mut().find(|waiting| waiting.number == number) {
            Some(waiting) => {
                mem::swap(&mut waiting.waker, &mut waker);
                Some(waker)
            }
            None => {
                self.0.push(Waiting { number, what: what.clone(), waker });
                None
            }
        }
    }

    pub(super) fn remove(&mut self, number: Number, _: &T) -> Option<Waker> {
        self.take_one(|waiting| waiting.number == number)
    }

    /// Takes one at a time.
    pub(super) fn take(&mut self, what: &T) -> Option<Option<Waker>> {
        self.take_one(|waiting| waiting.what == *what).map(Some)
    }

    fn take_one(&mut self, which: impl Fn(&Waiting<T>) -> bool) -> Option<Waker> {
        let place = self.0.iter().position(which)?;
        // `swap_remove` does the same with `memmove`, which takes 1.6 KB of flash.
        let last = self.0.pop()?;
        let taken = match self.0.get_mut(place) {
            Some(taken) => mem::replace(taken, last),
            None => last,
        };
        Some(taken.waker)
    }
}
