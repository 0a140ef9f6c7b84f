//! Decoding that ends and does not need more stack than a bound allows, whatever the bytes are.
//!
//! It owns the two bounds that postcard does not have: how deep values may stand in values, because
//! each level of a recursive type takes stack, and how many items may take no bytes, because nothing
//! else ends a `Vec<()>` that announces 2⁶⁴ of them. It refuses to know the encoding, which is
//! postcard's, and where the bounds are asked (`bounded`).

use core::cell::Cell;
use core::fmt;

use serde::de::{DeserializeOwned, Error};

use super::bounded::Bounded;

/// The most levels of a body that came as bytes: options, structs, enums, collections, in one another.
///
/// Only bodies of recursive types can have more than their type shows. An option of a box of a
/// struct is two levels. The number is that of `serde_json`; in a debug build so many levels take
/// some tens of kilobytes of stack.
pub const MAX_BODY_DEPTH: usize = 128;

/// The most items of the collections in a body beyond one for each of its bytes.
///
/// Only items that take no bytes, such as those of a `Vec<()>`, can be more than the bytes.
pub const MAX_EMPTY_ITEMS: usize = 4096;

/// Says why bytes are not a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DecodeFault {
    Encoding(postcard::Error),
    TooDeep,
    TooManyItems,
    /// The value ends this many bytes before the bytes do.
    LeftOver(usize),
}

impl fmt::Display for DecodeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(cause) => cause.fmt(f),
            Self::TooDeep => write!(f, "more than {MAX_BODY_DEPTH} levels of values in values"),
            Self::TooManyItems => {
                write!(f, "more than {MAX_EMPTY_ITEMS} items in collections that take no bytes")
            }
            Self::LeftOver(bytes) => write!(f, "{bytes} of them are left over"),
        }
    }
}

/// Decodes a value, and returns what is behind it.
pub(super) fn take<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), DecodeFault> {
    let bounds = Bounds {
        depth_left: Cell::new(MAX_BODY_DEPTH),
        items_left: Cell::new(bytes.len().saturating_add(MAX_EMPTY_ITEMS)),
        passed: Cell::new(None),
    };
    let mut postcard = postcard::Deserializer::from_bytes(bytes);
    let value = T::deserialize(bounds.around(&mut postcard));
    let value = value.map_err(|cause| bounds.passed.take().unwrap_or(DecodeFault::Encoding(cause)));
    let rest = postcard.finalize().map_err(DecodeFault::Encoding);
    Ok((value?, rest?))
}

/// What is left of the bounds while a value is decoded.
pub(super) struct Bounds {
    depth_left: Cell<usize>,
    /// An item that takes bytes has at least one of its own: a part of it, or the length of a
    /// collection in it. So this many items, and no more, can be right.
    items_left: Cell<usize>,
    /// The error of postcard has no place for it.
    passed: Cell<Option<DecodeFault>>,
}

impl Bounds {
    pub(super) const fn around<T>(&self, inner: T) -> Bounded<'_, T> {
        Bounded::new(inner, self, None)
    }

    /// Begins to count the items of a collection.
    #[inline]
    pub(super) fn around_collection<T>(&self, inner: T) -> Bounded<'_, T> {
        let items = ItemCount { counted: 0, limit: self.items_left.get() };
        Bounded::new(inner, self, Some(items))
    }

    /// Goes one level deeper. After an error nobody comes back up, because the value is given up.
    #[inline]
    pub(super) fn enter<E: Error>(&self) -> Result<(), E> {
        let left = self.depth_left.get().checked_sub(1);
        self.depth_left.set(left.ok_or_else(|| self.pass(DecodeFault::TooDeep))?);
        Ok(())
    }

    #[inline]
    pub(super) fn leave(&self) {
        self.depth_left.set(self.depth_left.get() + 1);
    }

    /// Adds a collection that was read to its end to those before it.
    #[inline]
    pub(super) fn add(&self, items: &ItemCount) {
        self.items_left.set(self.items_left.get().saturating_sub(items.counted));
    }

    #[cold]
    pub(super) fn pass<E: Error>(&self, fault: DecodeFault) -> E {
        let error = E::custom(&fault);
        self.passed.set(Some(fault));
        error
    }
}

/// The items of one collection. They are counted apart from the others until it ends, because that
/// is a register and no memory, for each byte of a `Vec<u8>`.
pub(super) struct ItemCount {
    counted: usize,
    limit: usize,
}

impl ItemCount {
    /// Counts an item; `false` if it is one too many.
    #[inline]
    pub(super) fn one_more(&mut self) -> bool {
        self.counted += 1;
        self.counted <= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, decode, encode};
    use alloc::boxed::Box;
    use alloc::string::ToString;
    use alloc::vec;
    use alloc::vec::Vec;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Link(Option<Box<Link>>);

    impl Message for Link {}

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Tree {
        Leaf,
        Branch(Vec<Tree>),
        Pair { left: Box<Tree>, right: Box<Tree> },
    }

    impl Message for Tree {}

    #[test]
    fn a_body_of_a_recursive_type_is_refused_when_it_is_too_deep() {
        // Two levels for each byte, a newtype and an option, and the last link is one as well.
        let chain = |links| [vec![1; links], vec![0]].concat();
        assert!(decode::<Link>(&chain(MAX_BODY_DEPTH / 2 - 1)).is_ok());
        let error = decode::<Link>(&chain(MAX_BODY_DEPTH / 2)).map_err(|error| error.to_string());
        assert_eq!(
            error,
            Err("the body is not a `Link`: its 65 bytes do not decode \
                 (more than 128 levels of values in values)"
                .into())
        );
        for byte in [1, 2] {
            assert!(decode::<Tree>(&vec![byte; 16_000_000]).is_err());
        }
    }

    #[test]
    fn levels_are_those_of_one_branch_and_not_of_all() {
        let leaves = Tree::Branch((0..1000).map(|_| Tree::Branch(vec![Tree::Leaf])).collect());
        let pair = Tree::Pair { left: Box::new(Tree::Leaf), right: Box::new(leaves) };
        assert_eq!(encode(&pair).ok().and_then(|bytes| decode(&bytes).ok()), Some(pair));
    }

    #[test]
    fn a_collection_of_nothing_has_an_end() {
        let many = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        let error = decode::<Vec<()>>(&many).map_err(|error| error.to_string());
        assert!(error.is_err_and(|text| text.contains("more than 4096 items")));
        let some = encode(&vec![(); MAX_EMPTY_ITEMS]).unwrap();
        assert_eq!(decode::<Vec<()>>(&some).map(|items| items.len()), Ok(MAX_EMPTY_ITEMS));
        // Collections are counted together.
        let nested = encode(&vec![vec![(); MAX_EMPTY_ITEMS / 2]; 3]).unwrap();
        assert!(decode::<Vec<Vec<()>>>(&nested).is_err());
        let full = encode(&vec![true; 100_000]).unwrap();
        assert_eq!(decode::<Vec<bool>>(&full).map(|items| items.len()), Ok(100_000));
    }
}
