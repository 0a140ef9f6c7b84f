//! The router table: from an address to what has it.
//!
//! Lookups are a hash, one short lock on one of the shards, and the clone of a pointer; they never
//! wait for a task. The key is stored once, in the entry itself, so an address costs the table
//! one pointer.

use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use hashbrown::HashTable;
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
    shards: Box<[Lock<HashTable<Slot<T>>>]>,
    seed: u64,
}

/// The hash stands beside the pointer so that growing the table touches no entry.
struct Slot<T> {
    hash: AddressHash,
    entry: Arc<T>,
}

/// Why an address could not be entered.
pub(crate) enum Refused<T> {
    /// Somebody has it.
    Taken(Arc<T>),
    /// The table would have to grow and cannot.
    NoMemory,
}

/// The hash of an address in one node's tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct AddressHash(u64);

impl<T: Keyed> Table<T> {
    /// Makes an empty table. The seed keeps others from choosing addresses that collide.
    pub(crate) fn new(seed: u64) -> Self {
        let shards = (0..SHARDS).map(|_| Lock::new(HashTable::new())).collect();
        Table { shards, seed }
    }

    pub(crate) fn hash(&self, address: &Address) -> AddressHash {
        AddressHash(hash(self.seed, address))
    }

    fn shard(&self, hash: AddressHash) -> &Lock<HashTable<Slot<T>>> {
        // Bits that neither the control bytes nor the index of a small table use.
        &self.shards[(hash.0 >> 20) as usize & (SHARDS - 1)]
    }

    #[inline]
    pub(crate) fn get(&self, hash: AddressHash, address: &Address) -> Option<Arc<T>> {
        self.shard(hash).with(|shard| {
            let slot = shard.find(hash.0, |slot| slot.is(hash, address))?;
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
            if let Some(slot) = shard.find(hash.0, |slot| slot.is(hash, address)) {
                return Err(Refused::Taken(Arc::clone(&slot.entry)));
            }
            shard.try_reserve(1, |slot| slot.hash.0).map_err(|_| Refused::NoMemory)?;
            let slot = Slot { hash, entry: Arc::clone(entry) };
            shard.insert_unique(hash.0, slot, |slot| slot.hash.0);
            Ok(())
        })
    }

    /// Removes an address, if `entry` has it.
    pub(crate) fn remove(&self, hash: AddressHash, address: &Address, entry: &T) {
        let removed = self.shard(hash).with(|shard| {
            let mine = |slot: &Slot<T>| {
                core::ptr::eq(Arc::as_ptr(&slot.entry), entry) && slot.is(hash, address)
            };
            let slot = shard.find_entry(hash.0, mine).ok()?.remove().0;
            // A table that was large once gives the memory back, in steps that double.
            if shard.capacity() > 64 && shard.len() * 8 < shard.capacity() {
                shard.shrink_to(shard.len() * 2, |slot| slot.hash.0);
            }
            Some(slot)
        });
        drop(removed);
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
}

/// Hashes an address: one multiplication for every eight bytes, each folded onto itself, which is
/// the mixing step of wyhash. It is fast and seeded, not cryptographic.
#[inline]
fn hash(seed: u64, address: &Address) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let bytes = address.as_bytes();
    let shape = (bytes.len() as u64) << 8 | u64::from(address.transport_type().value());
    let mut hash = seed ^ shape;
    let mut rest = bytes;
    while let Some((word, more)) = rest.split_first_chunk() {
        hash = fold(hash ^ u64::from_le_bytes(*word), ODD);
        rest = more;
    }
    fold(hash ^ last_word(bytes), seed | 1)
}

/// Returns the last bytes in one word; of more than eight, some were in the words before, which
/// is cheaper to read again than to tell apart.
#[inline]
fn last_word(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk() {
        return u64::from_le_bytes(*last);
    }
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Multiplies to 128 bits and folds the halves onto each other.
#[inline]
#[cfg(not(target_pointer_width = "32"))]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// Where a wide product takes a subroutine: its four parts, each one instruction, mixed without the
/// carries between them. wyhash does the same on such processors.
#[inline]
#[cfg(target_pointer_width = "32")]
fn fold(a: u64, b: u64) -> u64 {
    let (a_high, a_low, b_high, b_low) = (a >> 32, a & 0xffff_ffff, b >> 32, b & 0xffff_ffff);
    (a_high * b_low).rotate_left(32)
        ^ (a_high * b_high)
        ^ (a_low * b_high).rotate_left(32)
        ^ (a_low * b_low)
}
