//! Who waits for something, each with a waker, for as long as it waits.
//!
//! It owns that nobody is forgotten or kept. It refuses to know what is waited for, and it is
//! locked by whoever has it. Dropping a waker may drop the last piece of a task, and with that
//! whatever the task held: so wakers are handed out and dropped where nothing is locked.

use alloc::vec::Vec;
use core::mem;
use core::task::Waker;

pub(crate) struct WaitList<T> {
    waiting: Vec<Waiting<T>>,
    last: u64,
}

struct Waiting<T> {
    number: u64,
    what: T,
    waker: Waker,
}

impl<T> Default for WaitList<T> {
    fn default() -> Self {
        WaitList { waiting: Vec::new(), last: 0 }
    }
}

impl<T> WaitList<T> {
    /// Draws the number of somebody who is going to wait.
    pub(crate) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Keeps the waker of a number. Returns the one that it had before.
    pub(crate) fn wait(
        &mut self,
        number: u64,
        mut waker: Waker,
        what: impl FnOnce() -> T,
    ) -> Option<Waker> {
        match self.waiting.iter_mut().find(|waiting| waiting.number == number) {
            Some(waiting) => {
                mem::swap(&mut waiting.waker, &mut waker);
                Some(waker)
            }
            None => {
                self.waiting.push(Waiting { number, what: what(), waker });
                None
            }
        }
    }

    /// Forgets a number, if it still waits.
    pub(crate) fn leave(&mut self, number: u64) -> Option<Waker> {
        self.take(|waiting| waiting.number == number)
    }

    /// Takes somebody out who waits for such a thing.
    pub(crate) fn take_one(&mut self, is_it: impl Fn(&T) -> bool) -> Option<Waker> {
        self.take(|waiting| is_it(&waiting.what))
    }

    fn take(&mut self, which: impl Fn(&Waiting<T>) -> bool) -> Option<Waker> {
        let place = self.waiting.iter().position(which)?;
        Some(self.waiting.swap_remove(place).waker)
    }
}
