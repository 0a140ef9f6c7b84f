//! Verified attributes, until they expire or are revoked.

use crate::credential::{Attributes, CredentialData};
use crate::identifier::{ChangeHash, Identifier};
use crate::sorted::{Map, Set};

/// Number of pairs of a subject and an authority whose attributes a node remembers. Beyond it, those
/// that expire first are forgotten; their subjects have to present their credentials again.
pub const MAX_REMEMBERED_ATTRIBUTES: usize = 16_384;

/// A subject and the authority that issued its attributes.
pub(super) type Pair = (Identifier, Identifier);

/// Verified attributes and their times.
#[derive(Clone)]
pub(super) struct CachedAttributes {
    pub(super) attributes: Attributes,
    /// An older credential does not replace this one.
    pub(super) created_at: u64,
    pub(super) expires_at: u64,
    /// The latest change of the authority at verification. With the authority's next key all of its
    /// earlier credentials become void.
    pub(super) issuer_change: ChangeHash,
}

impl CachedAttributes {
    pub(super) fn new(data: &CredentialData, issuer_change: ChangeHash) -> Self {
        let CredentialData { created_at, expires_at, .. } = *data;
        CachedAttributes {
            attributes: data.attributes.clone(),
            created_at,
            expires_at,
            issuer_change,
        }
    }
}

/// Result of inserting attributes.
pub(super) enum Insertion {
    /// They were inserted. Another pair may have been forgotten for them.
    Done(Option<Pair>),
    /// Newer attributes of the pair are remembered.
    Older,
}

/// A cache of verified attributes. Expired ones are kept while there is room, so that an older
/// credential that expires later is not accepted after them.
#[derive(Default)]
pub(super) struct AttributeCache {
    entries: Map<Pair, CachedAttributes>,
    /// The pairs, ordered by the expiry of their attributes.
    expiry: Set<(u64, Pair)>,
}

impl AttributeCache {
    /// Returns the attributes of a pair, if they have not expired and were issued with the current
    /// key of the authority.
    pub(super) fn get(
        &self,
        pair: &Pair,
        now: u64,
        issuer_change: &ChangeHash,
    ) -> Option<&Attributes> {
        let entry = self.entries.get(pair)?;
        let holds = entry.expires_at >= now && entry.issuer_change == *issuer_change;
        holds.then_some(&entry.attributes)
    }

    /// Inserts attributes in place of earlier ones.
    pub(super) fn insert(&mut self, pair: Pair, entry: CachedAttributes) -> Insertion {
        if let Some(before) = self.entries.get(&pair) {
            if before.created_at > entry.created_at {
                return Insertion::Older;
            }
            self.expiry.remove(&(before.expires_at, pair));
        }
        self.expiry.insert((entry.expires_at, pair));
        self.entries.insert(pair, entry);
        if self.entries.len() <= MAX_REMEMBERED_ATTRIBUTES {
            return Insertion::Done(None);
        }
        let first = self.expiry.pop_first().map(|(_, pair)| pair);
        if let Some(pair) = &first {
            self.entries.remove(pair);
        }
        Insertion::Done(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGE: [u8; 32] = [9; 32];

    fn name(number: usize) -> Identifier {
        let mut name = [7; 32];
        name[..8].copy_from_slice(&number.to_le_bytes());
        Identifier::from(name)
    }

    fn entry(created_at: u64, expires_at: u64) -> CachedAttributes {
        let (attributes, issuer_change) = (Attributes::new(created_at), CHANGE.into());
        CachedAttributes { attributes, created_at, expires_at, issuer_change }
    }

    #[test]
    fn what_is_older_is_refused_also_after_the_newer_has_expired() {
        let (mut cache, pair) = (AttributeCache::default(), (name(1), name(2)));
        cache.insert(pair, entry(10, 20));
        assert!(matches!(cache.insert(pair, entry(9, 1000)), Insertion::Older));
        assert!(cache.get(&pair, 20, &CHANGE.into()).is_some());
        assert!(cache.get(&pair, 21, &CHANGE.into()).is_none());
        assert!(cache.get(&pair, 20, &[8; 32].into()).is_none());
        cache.insert((name(3), name(2)), entry(30, 40));
        assert!(matches!(cache.insert(pair, entry(9, 1000)), Insertion::Older));
        // Within the same second the later one wins.
        assert!(matches!(cache.insert(pair, entry(10, 1000)), Insertion::Done(None)));
    }

    #[test]
    fn one_too_many_is_that_which_expires_first() {
        let mut cache = AttributeCache::default();
        for number in 0..MAX_REMEMBERED_ATTRIBUTES {
            let expires_at = 1_000_000 - u64::try_from(number).unwrap();
            let done = cache.insert((name(number), name(0)), entry(1, expires_at));
            assert!(matches!(done, Insertion::Done(None)));
        }
        let last = (name(MAX_REMEMBERED_ATTRIBUTES - 1), name(0));
        let more = (name(MAX_REMEMBERED_ATTRIBUTES), name(0));
        let done = cache.insert(more, entry(1, 2_000_000));
        assert!(matches!(done, Insertion::Done(Some(forgotten)) if forgotten == last));
        assert_eq!(cache.entries.len(), MAX_REMEMBERED_ATTRIBUTES);
        assert_eq!(cache.expiry.len(), MAX_REMEMBERED_ATTRIBUTES);
        assert!(cache.get(&more, 1, &CHANGE.into()).is_some());
    }
}
