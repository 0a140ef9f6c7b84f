//! A shard as a hash table: as fast with many thousands of entries as with one.

use super::{AddressHash, Hashed};
use hashbrown::HashTable;

/// How many entries a shard may have room for without looking whether that is too much.
const SMALL: usize = 64;

impl AddressHash {
    #[inline]
    const fn wide(self) -> u64 {
        self.0 as u64
    }
}

pub(super) struct Shard<S>(HashTable<S>);

impl<S: Hashed> Shard<S> {
    pub(super) const fn new() -> Self {
        Shard(HashTable::new())
    }

    #[inline]
    pub(super) fn find(&self, hash: AddressHash, is: impl FnMut(&S) -> bool) -> Option<&S> {
        self.0.find(hash.wide(), is)
    }

    /// Makes room for one more entry; `Err` if there is no memory.
    pub(super) fn reserve_one(&mut self) -> Result<(), ()> {
        self.0.try_reserve(1, |slot| slot.hash().wide()).map_err(drop)
    }

    pub(super) fn insert(&mut self, slot: S) {
        self.0.insert_unique(slot.hash().wide(), slot, |slot| slot.hash().wide());
    }

    pub(super) fn remove(&mut self, hash: AddressHash, is: impl FnMut(&S) -> bool) -> Option<S> {
        let slot = self.0.find_entry(hash.wide(), is).ok()?.remove().0;
        // A table that was large once gives the memory back, in steps that double.
        if self.0.capacity() > SMALL && self.0.len() * 8 < self.0.capacity() {
            self.0.shrink_to(self.0.len() * 2, |slot| slot.hash().wide());
        }
        Some(slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &S> {
        self.0.iter()
    }
}
