//! A shard as a list in no order, for boards: they have tens of entries and little flash, and this
//! takes a tenth of the code of a hash table.

use super::{AddressHash, Hashed};
use alloc::vec::Vec;

/// How many entries a shard may have room for without looking whether that is too much.
const SMALL: usize = 16;

pub(super) struct Shard<S>(Vec<S>);

impl<S: Hashed> Shard<S> {
    pub(super) const fn new() -> Self {
        Shard(Vec::new())
    }

    pub(super) fn find(&self, hash: AddressHash, is: impl FnMut(&S) -> bool) -> Option<&S> {
        self.0.get(self.position(hash, is)?)
    }

    /// Makes room for one more entry; `Err` if there is no memory.
    pub(super) fn reserve_one(&mut self) -> Result<(), ()> {
        self.0.try_reserve(1).map_err(drop)
    }

    pub(super) fn insert(&mut self, slot: S) {
        self.0.push(slot);
    }

    pub(super) fn remove(&mut self, hash: AddressHash, is: impl FnMut(&S) -> bool) -> Option<S> {
        let place = self.position(hash, is)?;
        let slot = self.0.swap_remove(place);
        // A list that was long once gives the memory back, in steps that double.
        if self.0.capacity() > SMALL && self.0.len() * 8 < self.0.capacity() {
            self.0.shrink_to(self.0.len() * 2);
        }
        Some(slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &S> {
        self.0.iter()
    }

    /// The hashes are compared first, which are in the list itself.
    fn position(&self, hash: AddressHash, mut is: impl FnMut(&S) -> bool) -> Option<usize> {
        self.0.iter().position(|slot| slot.hash() == hash && is(slot))
    }
}
