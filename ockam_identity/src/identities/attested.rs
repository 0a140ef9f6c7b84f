//! Attributes that were proved, until they expire.

use crate::credential::Attributes;
use crate::identifier::Identifier;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// Of how many pairs of a subject and an authority a node remembers attributes. When there are
/// more, those that expire first are forgotten; their subjects have to show their credentials
/// again.
pub const MAX_REMEMBERED_ATTRIBUTES: usize = 16_384;

/// A subject and who said it.
type Pair = (Identifier, Identifier);

#[derive(Default)]
pub(super) struct Attested {
    attributes: BTreeMap<Pair, (u64, Attributes)>,
    /// The pairs by when their attributes expire.
    expiry: BTreeSet<(u64, Pair)>,
}

impl Attested {
    /// Returns what was said and has not expired.
    pub(super) fn get(&self, pair: &Pair, now: u64) -> Option<&Attributes> {
        let (expires_at, attributes) = self.attributes.get(pair)?;
        (*expires_at >= now).then_some(attributes)
    }

    /// Remembers what was said, in place of what was said before. Returned is what was forgotten.
    pub(super) fn insert(
        &mut self,
        pair: Pair,
        said: Attributes,
        expires_at: u64,
        now: u64,
    ) -> Vec<Pair> {
        if let Some((before, _)) = self.attributes.insert(pair, (expires_at, said)) {
            self.expiry.remove(&(before, pair));
        }
        self.expiry.insert((expires_at, pair));
        let mut forgotten = Vec::new();
        while let Some(&(first, pair)) = self.expiry.first() {
            if first >= now && self.attributes.len() <= MAX_REMEMBERED_ATTRIBUTES {
                break;
            }
            self.expiry.pop_first();
            self.attributes.remove(&pair);
            forgotten.push(pair);
        }
        forgotten
    }
}
