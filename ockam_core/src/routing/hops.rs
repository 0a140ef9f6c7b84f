//! How a route is stored: a few addresses inline, more of them on the heap.
//!
//! It owns the two storages and the change from one to the other. It refuses to know that the
//! addresses are a route: it is a stack whose top is the next hop, because the top is where a node
//! works.

use alloc::vec::Vec;
use core::mem;

use super::address::Address;

/// The number of addresses that a route holds without the heap.
///
/// A message that passes three forwarders names four hops on its way out, and its answer has no
/// more of them, so both stay inline. Each more would add 40 bytes to every message.
const INLINE_HOPS: usize = 4;

/// A stack of addresses.
///
/// It moves to the heap when it grows over [`INLINE_HOPS`] and stays there when it shrinks,
/// because what grew once is likely to grow again. So the same addresses have two storages, and
/// equality is that of the slices.
#[derive(Clone)]
pub(super) enum Hops {
    Inline(heapless::Vec<Address, INLINE_HOPS, u8>),
    Heap(Vec<Address>),
}

impl Hops {
    pub(super) const fn new() -> Self {
        Self::Inline(heapless::Vec::new())
    }

    /// Makes a stack of one address.
    #[inline]
    pub(super) fn one(address: Address) -> Self {
        Self::Inline(heapless::Vec::from_iter([address]))
    }

    #[inline]
    pub(super) fn is_inline(&self) -> bool {
        matches!(self, Self::Inline(_))
    }

    /// Returns the addresses, the top last.
    pub(super) fn as_slice(&self) -> &[Address] {
        match self {
            Self::Inline(hops) => hops,
            Self::Heap(hops) => hops,
        }
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [Address] {
        match self {
            Self::Inline(hops) => hops,
            Self::Heap(hops) => hops,
        }
    }

    /// Removes all addresses, and the heap's memory.
    #[inline]
    pub(super) fn clear(&mut self) {
        match self {
            Self::Inline(hops) => hops.clear(),
            Self::Heap(_) => *self = Self::new(),
        }
    }

    /// Becomes another stack.
    #[inline]
    pub(super) fn set(&mut self, other: Self) {
        match self {
            // Nothing is there to drop; a call to find that out costs more than the look.
            Self::Inline(hops) if hops.is_empty() => mem::forget(mem::replace(self, other)),
            _ => *self = other,
        }
    }

    /// Puts an address on the top.
    #[inline]
    pub(super) fn push(&mut self, address: Address) {
        match self {
            Self::Inline(hops) if !hops.is_full() => {
                // There is room.
                let _ = hops.push(address);
            }
            _ => self.push_to_heap(address),
        }
    }

    #[cold]
    fn push_to_heap(&mut self, address: Address) {
        self.spill().push(address);
    }

    /// Takes the address from the top.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Address> {
        match self {
            Self::Inline(hops) => hops.pop(),
            Self::Heap(hops) => hops.pop(),
        }
    }

    /// Puts an address under all others, which move by one.
    pub(super) fn push_bottom(&mut self, address: Address) {
        let refused = match self {
            Self::Inline(hops) => hops.insert(0, address).err(),
            Self::Heap(hops) => {
                hops.insert(0, address);
                None
            }
        };
        if let Some(address) = refused {
            self.spill().insert(0, address);
        }
    }

    /// Takes the address from under all others, which move by one.
    pub(super) fn pop_bottom(&mut self) -> Option<Address> {
        if self.as_slice().is_empty() {
            return None;
        }
        Some(match self {
            Self::Inline(hops) => hops.remove(0),
            Self::Heap(hops) => hops.remove(0),
        })
    }

    /// Puts all addresses of another stack on the top, in their order.
    pub(super) fn push_all(&mut self, other: Self) {
        match other {
            Self::Inline(hops) => hops.into_iter().for_each(|address| self.push(address)),
            Self::Heap(hops) => hops.into_iter().for_each(|address| self.push(address)),
        }
    }

    /// Moves an inline stack to the heap, with room for as many addresses again.
    #[cold]
    fn spill(&mut self) -> &mut Vec<Address> {
        if let Self::Inline(hops) = self {
            let mut heap = Vec::with_capacity(2 * INLINE_HOPS);
            heap.extend(mem::take(hops));
            *self = Self::Heap(heap);
        }
        match self {
            Self::Heap(hops) => hops,
            Self::Inline(_) => unreachable!("the stack was moved to the heap above"),
        }
    }
}

impl From<Vec<Address>> for Hops {
    fn from(hops: Vec<Address>) -> Self {
        if hops.len() > INLINE_HOPS {
            return Self::Heap(hops);
        }
        Self::Inline(hops.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(names: &[&str]) -> Hops {
        let mut hops = Hops::new();
        names.iter().for_each(|name| hops.push(Address::from(*name)));
        hops
    }

    #[test]
    fn the_fifth_address_moves_the_stack_to_the_heap() {
        let mut hops = stack(&["a", "b", "c", "d"]);
        assert!(matches!(hops, Hops::Inline(_)));
        hops.push_bottom("z".into());
        assert!(matches!(hops, Hops::Heap(_)));
        assert_eq!(hops.as_slice(), stack(&["z", "a", "b", "c", "d"]).as_slice());
        assert_eq!(hops.pop_bottom(), Some("z".into()));
        assert_eq!(hops.as_slice(), stack(&["a", "b", "c", "d"]).as_slice());
    }
}
