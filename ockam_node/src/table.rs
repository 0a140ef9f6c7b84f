//! The router table: from an address to what has it.
//!
//! Lookups are a hash, one short lock on one of the shards, and the clone of a pointer; they never
//! wait for a task. The key is stored once, in the entry itself, so an address costs the table
//! one pointer.

#[cfg_attr(feature = "std", path = "table/hashed.rs")]
#[cfg_attr(not(feature = "std"), path = "table/listed.rs")]
mod shard;

use self::shard::Shard;
use crate::sync::Lock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::array;
use ockam_core::Address;

/// How many locks the table has. More than the threads of a large machine, so that two lookups
/// seldom meet; few enough that an empty node stays small.
const SHARDS: usize = if cfg!(feature = "std") { 64 } else { 1 };

const _: () = assert!(SHARDS.is_power_of_two());

/// An entry that knows its own addresses.
pub(crate) trait Keyed {
    fn has_key(&self, address: &Address) -> bool;
}

pub(crate) struct Table<T> {
    shards: [Lock<Shard<Slot<T>>>; SHARDS],
    seed: usize,
}

/// The hash stands beside the pointer so that growing the table touches no entry.
struct Slot<T> {
    hash: AddressHash,
    entry: Arc<T>,
}

/// Anything that stands in a shard under its hash.
trait Hashed {
    fn hash(&self) -> AddressHash;
}

impl<T> Hashed for Slot<T> {
    #[inline]
    fn hash(&self) -> AddressHash {
        self.hash
    }
}

/// Why an address could not be entered.
pub(crate) enum Refused<T> {
    /// Somebody has it.
    Taken(Arc<T>),
    /// The table would have to grow and cannot.
    NoMemory,
}

/// The hash of an address in one node's tables.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddressHash(usize);

impl<T: Keyed> Table<T> {
    /// Makes an empty table. The seed keeps others from choosing addresses that collide.
    pub(crate) fn new(seed: usize) -> Self {
        Table { shards: array::from_fn(|_| Lock::new(Shard::new())), seed }
    }

    pub(crate) fn hash(&self, address: &Address) -> AddressHash {
        AddressHash(hash(self.seed, address))
    }

    fn shard(&self, hash: AddressHash) -> &Lock<Shard<Slot<T>>> {
        // Bits that neither the control bytes nor the index of a small table use.
        &self.shards[(hash.0 >> 20) & (SHARDS - 1)]
    }

    #[inline]
    pub(crate) fn get(&self, hash: AddressHash, address: &Address) -> Option<Arc<T>> {
        self.shard(hash).with(|shard| {
            let slot = shard.find(hash, |slot| slot.is(hash, address))?;
            Some(Arc::clone(&slot.entry))
        })
    }

    /// Adds an entry under one address.
    pub(crate) fn insert(
        &self,
        hash: AddressHash,
        address: &Address,
        entry: &Arc<T>,
    ) -> Result<(), Refused<T>> {
        self.shard(hash).with(|shard| {
            if let Some(slot) = shard.find(hash, |slot| slot.is(hash, address)) {
                return Err(Refused::Taken(Arc::clone(&slot.entry)));
            }
            shard.reserve_one().map_err(|()| Refused::NoMemory)?;
            shard.insert(Slot { hash, entry: Arc::clone(entry) });
            Ok(())
        })
    }

    /// Removes an address, if `entry` has it.
    pub(crate) fn remove(&self, hash: AddressHash, address: &Address, entry: &T) {
        let mine = |slot: &Slot<T>| slot.is_of(entry, hash, address);
        let removed = self.shard(hash).with(|shard| shard.remove(hash, mine));
        drop(removed);
    }

    /// Removes an address, if `entry` has it, and before that calls `first`: nobody finds or gets the
    /// address meanwhile. `None` says that `entry` has it no more.
    ///
    /// `first` may lock other tables and the flow controls, which lock nothing themselves.
    pub(crate) fn remove_after<R>(
        &self,
        hash: AddressHash,
        address: &Address,
        entry: &T,
        first: impl FnOnce() -> R,
    ) -> Option<R> {
        let mine = |slot: &Slot<T>| slot.is_of(entry, hash, address);
        let (done, removed) = self.shard(hash).with(|shard| {
            shard.find(hash, mine)?;
            Some((first(), shard.remove(hash, mine)))
        })?;
        drop(removed);
        Some(done)
    }

    /// Calls `f` if `entry` has an address, which it keeps meanwhile. `None` says that it has it not.
    ///
    /// `f` may lock other tables, which lock nothing themselves.
    #[cfg(feature = "std")]
    pub(crate) fn if_has<R>(
        &self,
        hash: AddressHash,
        address: &Address,
        entry: &T,
        f: impl FnOnce() -> R,
    ) -> Option<R> {
        let mine = |slot: &Slot<T>| slot.is_of(entry, hash, address);
        self.shard(hash).with(|shard| shard.find(hash, mine).map(|_| f()))
    }

    /// Collects what `pick` picks of every slot. An entry with several addresses is seen as often.
    pub(crate) fn collect<R>(&self, mut pick: impl FnMut(&Arc<T>) -> Option<R>) -> Vec<R> {
        let mut picked = Vec::new();
        for shard in &self.shards {
            shard.with(|shard| picked.extend(shard.iter().filter_map(|slot| pick(&slot.entry))));
        }
        picked
    }
}

impl<T: Keyed> Slot<T> {
    #[inline]
    fn is(&self, hash: AddressHash, address: &Address) -> bool {
        self.hash == hash && self.entry.has_key(address)
    }

    #[inline]
    fn is_of(&self, entry: &T, hash: AddressHash, address: &Address) -> bool {
        core::ptr::eq(Arc::as_ptr(&self.entry), entry) && self.is(hash, address)
    }
}

/// How many bytes are hashed at a time: those of a word of the machine.
const WORD: usize = size_of::<usize>();

/// Hashes an address: one multiplication for every word, each folded onto itself, which is the
/// mixing step of wyhash. It is fast and seeded, not cryptographic.
#[inline]
fn hash(seed: usize, address: &Address) -> usize {
    const ODD: usize = 0x9e37_79b9_7f4a_7c15_u64 as usize;
    let bytes = address.as_bytes();
    let shape = bytes.len() << 8 | usize::from(address.transport_type().value());
    let mut hash = seed ^ shape;
    let mut rest = bytes;
    while let Some((word, more)) = rest.split_first_chunk::<WORD>() {
        hash = fold(hash ^ usize::from_le_bytes(*word), ODD);
        rest = more;
    }
    fold(hash ^ last_word(bytes), seed | 1)
}

/// Returns the last bytes in one word; of more than that, some were in the words before, which is
/// cheaper to read again than to tell apart.
#[inline]
fn last_word(bytes: &[u8]) -> usize {
    if let Some(last) = bytes.last_chunk::<WORD>() {
        return usize::from_le_bytes(*last);
    }
    #[cfg(target_pointer_width = "64")]
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return (first as usize) << 32 | last as usize;
    }
    bytes.iter().fold(0, |word, byte| word << 8 | usize::from(*byte))
}

/// Multiplies to twice the width and folds the halves onto each other.
#[inline]
#[cfg(target_pointer_width = "64")]
fn fold(a: usize, b: usize) -> usize {
    let product = a as u128 * b as u128;
    product as usize ^ (product >> 64) as usize
}

/// The same on a smaller machine, where it is one instruction as well.
#[inline]
#[cfg(not(target_pointer_width = "64"))]
fn fold(a: usize, b: usize) -> usize {
    let product = a as u64 * b as u64;
    product as usize ^ (product >> 32) as usize
}
