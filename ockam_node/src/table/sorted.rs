//! A shard as a list in the order of the hashes, for boards: they have tens of entries and little
//! flash, and this takes a tenth of the code of a hash table.

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
        let place = self.first(slot.hash());
        self.0.insert(place, slot);
    }

    pub(super) fn remove(&mut self, hash: AddressHash, is: impl FnMut(&S) -> bool) -> Option<S> {
        let slot = self.0.remove(self.position(hash, is)?);
        // A list that was long once gives the memory back, in steps that double.
        if self.0.capacity() > SMALL && self.0.len() * 8 < self.0.capacity() {
            self.0.shrink_to(self.0.len() * 2);
        }
        Some(slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &S> {
        self.0.iter()
    }

    /// Returns the place of the first entry whose hash is not smaller.
    fn first(&self, hash: AddressHash) -> usize {
        self.0.partition_point(|slot| slot.hash() < hash)
    }

    fn position(&self, hash: AddressHash, is: impl FnMut(&S) -> bool) -> Option<usize> {
        let first = self.first(hash);
        let mut same = self.0.get(first..)?.iter().take_while(|slot| slot.hash() == hash);
        same.position(is).map(|place| first + place)
    }
}
