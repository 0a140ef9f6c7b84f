//! Ordered maps and sets: B-trees on computers, sorted vectors on boards.
//!
//! Each B-tree type costs some kilobytes of flash. A board has memory for few entries, for which a
//! vector is as fast.

#[cfg(feature = "std")]
pub(crate) use alloc::collections::{BTreeMap as Map, BTreeSet as Set};

#[cfg(not(feature = "std"))]
pub(crate) use self::vector::{Map, Set};

#[cfg(any(test, not(feature = "std")))]
mod vector {
    use alloc::vec::{self, Vec};
    use core::borrow::Borrow;
    use core::iter;
    use core::slice;

    /// A map with its entries in a vector, ordered by key.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub(crate) struct Map<K, V>(Vec<(K, V)>);

    impl<K, V> Default for Map<K, V> {
        fn default() -> Self {
            Map::new()
        }
    }

    impl<K, V> Map<K, V> {
        pub(crate) const fn new() -> Self {
            Map(Vec::new())
        }

        pub(crate) fn len(&self) -> usize {
            self.0.len()
        }

        pub(crate) fn is_empty(&self) -> bool {
            self.0.is_empty()
        }

        pub(crate) fn iter(&self) -> Iter<'_, K, V> {
            self.0.iter().map(|(key, value)| (key, value))
        }

        pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
            self.0.iter().map(|(key, _)| key)
        }

        pub(crate) fn first_key_value(&self) -> Option<(&K, &V)> {
            self.iter().next()
        }

        pub(crate) fn pop_first(&mut self) -> Option<(K, V)> {
            (!self.0.is_empty()).then(|| self.0.remove(0))
        }

        #[cfg(any(test, feature = "node"))]
        pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
            self.0.retain_mut(|(key, value)| keep(key, value));
        }
    }

    impl<K: Ord, V> Map<K, V> {
        fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
        where
            K: Borrow<Q>,
        {
            self.0.binary_search_by(|(known, _)| known.borrow().cmp(key))
        }

        pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
        where
            K: Borrow<Q>,
        {
            self.place(key).ok().map(|place| &self.0[place].1)
        }

        pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
        where
            K: Borrow<Q>,
        {
            self.place(key).is_ok()
        }

        pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
        where
            K: Borrow<Q>,
        {
            self.place(key).ok().map(|place| &mut self.0[place].1)
        }

        pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
            match self.place(&key) {
                Ok(place) => Some(core::mem::replace(&mut self.0[place].1, value)),
                Err(place) => {
                    self.0.insert(place, (key, value));
                    None
                }
            }
        }

        pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
        where
            K: Borrow<Q>,
        {
            self.place(key).ok().map(|place| self.0.remove(place).1)
        }
    }

    type Iter<'a, K, V> = iter::Map<slice::Iter<'a, (K, V)>, fn(&'a (K, V)) -> (&'a K, &'a V)>;

    impl<'a, K, V> IntoIterator for &'a Map<K, V> {
        type Item = (&'a K, &'a V);
        type IntoIter = Iter<'a, K, V>;

        fn into_iter(self) -> Self::IntoIter {
            self.iter()
        }
    }

    impl<K, V> IntoIterator for Map<K, V> {
        type Item = (K, V);
        type IntoIter = vec::IntoIter<(K, V)>;

        fn into_iter(self) -> Self::IntoIter {
            self.0.into_iter()
        }
    }

    /// A set with its items in an ordered vector.
    #[derive(Debug)]
    pub(crate) struct Set<T>(Map<T, ()>);

    impl<T> Default for Set<T> {
        fn default() -> Self {
            Set(Map::new())
        }
    }

    impl<T: Ord> Set<T> {
        /// Returns whether the item is new.
        pub(crate) fn insert(&mut self, item: T) -> bool {
            self.0.insert(item, ()).is_none()
        }

        pub(crate) fn contains(&self, item: &T) -> bool {
            self.0.get(item).is_some()
        }

        pub(crate) fn remove(&mut self, item: &T) -> bool {
            self.0.remove(item).is_some()
        }

        pub(crate) fn pop_first(&mut self) -> Option<T> {
            self.0.pop_first().map(|(item, ())| item)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::vector::{Map, Set};
    use alloc::collections::{BTreeMap, BTreeSet};

    /// Draws steps of an operation, a key and a value, with few keys so that they collide.
    fn steps() -> impl Iterator<Item = (u64, u64, u64)> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        core::iter::repeat_with(move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % 6, (state >> 16) % 16, (state >> 32) % 64)
        })
        .take(20_000)
    }

    #[test]
    fn a_map_in_a_vector_is_one_in_a_tree() {
        let (mut vector, mut tree) = (Map::new(), BTreeMap::new());
        for (step, key, value) in steps() {
            match step {
                0..3 => assert_eq!(vector.insert(key, value), tree.insert(key, value)),
                3 => assert_eq!(vector.remove(&key), tree.remove(&key)),
                4 if value < 32 => assert_eq!(vector.pop_first(), tree.pop_first()),
                4 => {
                    vector.retain(|key, _| key % 3 != value % 3);
                    tree.retain(|key, _| key % 3 != value % 3);
                }
                _ => {
                    assert_eq!(vector.get(&key), tree.get(&key));
                    assert_eq!(vector.contains_key(&key), tree.contains_key(&key));
                    assert_eq!(vector.get_mut(&key), tree.get_mut(&key));
                }
            }
            assert_eq!((vector.len(), vector.is_empty()), (tree.len(), tree.is_empty()));
            assert_eq!(vector.first_key_value(), tree.first_key_value());
            assert!(vector.iter().eq(&tree) && vector.keys().eq(tree.keys()));
            assert!((&vector).into_iter().eq(&tree));
        }
        assert!(vector.into_iter().eq(tree));
    }

    #[test]
    fn a_set_in_a_vector_is_one_in_a_tree() {
        let (mut vector, mut tree) = (Set::default(), BTreeSet::new());
        for (step, item, _) in steps() {
            match step {
                0..3 => assert_eq!(vector.insert(item), tree.insert(item)),
                3 | 4 => assert_eq!(vector.remove(&item), tree.remove(&item)),
                _ => assert_eq!(vector.pop_first(), tree.pop_first()),
            }
            assert_eq!(vector.contains(&item), tree.contains(&item));
        }
    }
}
