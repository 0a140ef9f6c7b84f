//! Who waits for something, each with a waker, for as long as it waits.
//!
//! It owns that no waker is forgotten or kept. It refuses to know what is waited for, and it is
//! locked by its owner. Dropping a waker may drop the last piece of a task, and with that
//! whatever the task held: so wakers are handed out and dropped where nothing is locked.
//!
//! With `std` every step takes the same time, however many wait. On boards few wait, and a vector
//! takes less code.

#[cfg_attr(feature = "std", path = "wait_list/hashed.rs")]
#[cfg_attr(not(feature = "std"), path = "wait_list/listed.rs")]
mod places;

use self::places::Places;
use core::task::Waker;

pub(crate) struct WaitList<T> {
    places: Places<T>,
    last: u64,
}

/// Names one waiter of a list.
#[derive(Clone, Copy, Eq)]
#[cfg_attr(not(test), derive(PartialEq))]
#[cfg_attr(all(feature = "std", not(test)), derive(Hash))]
pub(crate) struct Number(u64);

impl<T> Default for WaitList<T> {
    fn default() -> Self {
        WaitList { places: Places::new(), last: 0 }
    }
}

impl<T: Key> WaitList<T> {
    /// Draws the number of one that is going to wait.
    pub(crate) fn number(&mut self) -> Number {
        self.last += 1;
        Number(self.last)
    }

    /// Keeps the waker of a number that waits for `what`, always the same. Returns the waker that
    /// it had before.
    pub(crate) fn wait(&mut self, number: Number, waker: Waker, what: &T) -> Option<Waker> {
        self.places.enter(number, waker, what)
    }

    /// Forgets a number that waited for `what`, if it still does.
    pub(crate) fn leave(&mut self, number: Number, what: &T) -> Option<Waker> {
        self.places.remove(number, what)
    }

    /// Tells whether nobody waits.
    #[cfg(feature = "std")]
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Takes out some that wait for `what`; `None` if none does.
    pub(crate) fn take(&mut self, what: &T) -> Option<impl IntoIterator<Item = Waker> + use<T>> {
        self.places.take(what)
    }
}

/// What can be waited for.
#[cfg(feature = "std")]
pub(crate) trait Key: Clone + Eq + core::hash::Hash {}
#[cfg(feature = "std")]
impl<T: Clone + Eq + core::hash::Hash> Key for T {}

/// What can be waited for.
#[cfg(not(feature = "std"))]
pub(crate) trait Key: Clone + Eq {}
#[cfg(not(feature = "std"))]
impl<T: Clone + Eq> Key for T {}

#[cfg(all(test, feature = "std", not(ockam_loom)))]
mod tests;

/// In tests every look at a number is counted.
#[cfg(test)]
mod counted {
    use super::Number;
    use core::cell::Cell;
    use core::hash::{Hash, Hasher};

    std::thread_local! {
        static LOOKS: Cell<usize> = const { Cell::new(0) };
    }

    #[cfg(not(ockam_loom))]
    pub(super) fn looks() -> usize {
        LOOKS.get()
    }

    fn count() {
        LOOKS.set(LOOKS.get() + 1);
    }

    impl PartialEq for Number {
        fn eq(&self, other: &Self) -> bool {
            count();
            self.0 == other.0
        }
    }

    impl Hash for Number {
        fn hash<H: Hasher>(&self, state: &mut H) {
            count();
            self.0.hash(state);
        }
    }
}
