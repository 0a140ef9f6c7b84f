//! A queue for boards, first in, first out.
//!
//! It owns what a `VecDeque` does with more code: that one grows with `memmove`, which nothing else
//! of a node needs and which takes 1.6 KB of flash.

use alloc::vec::Vec;

/// How many places the first growth makes.
const FIRST: usize = 4;

pub(crate) struct Ring<T> {
    /// A power of two of them, or none.
    places: Vec<Option<T>>,
    /// Where the oldest is.
    first: usize,
    len: usize,
}

impl<T> Default for Ring<T> {
    fn default() -> Self {
        Ring { places: Vec::new(), first: 0, len: 0 }
    }
}

impl<T> Ring<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn push_back(&mut self, item: T) {
        if self.len == self.places.len() {
            self.grow();
        }
        let end = self.place(self.len);
        self.places[end] = Some(item);
        self.len += 1;
    }

    pub(crate) fn pop_front(&mut self) -> Option<T> {
        let item = self.places.get_mut(self.first)?.take()?;
        self.first = self.place(1);
        self.len -= 1;
        Some(item)
    }

    /// Returns where the one after so many is.
    fn place(&self, after: usize) -> usize {
        (self.first + after) & (self.places.len() - 1)
    }

    fn grow(&mut self) {
        for place in 0..self.places.len().max(FIRST) {
            // What stands before the oldest follows the last one from now on.
            let moved = if place < self.first { self.places[place].take() } else { None };
            self.places.push(moved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ring;
    use std::collections::VecDeque;

    #[test]
    fn what_goes_in_comes_out_in_order_wherever_the_ring_grows() {
        for before in 0..40 {
            for taken in 0..=before {
                let (mut ring, mut queue) = (Ring::default(), VecDeque::new());
                for number in 0..before + 40 {
                    ring.push_back(number);
                    queue.push_back(number);
                    if number < taken {
                        assert_eq!(ring.pop_front(), queue.pop_front());
                    }
                    assert_eq!((ring.len(), ring.is_empty()), (queue.len(), queue.is_empty()));
                }
                while let Some(number) = queue.pop_front() {
                    assert_eq!(ring.pop_front(), Some(number));
                }
                assert_eq!((ring.pop_front(), ring.len()), (None, 0));
            }
        }
    }
}
