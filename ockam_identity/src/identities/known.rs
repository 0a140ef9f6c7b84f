//! Histories of others, so many.

use crate::identifier::Identifier;
use crate::identity::Identity;
use alloc::collections::BTreeMap;

/// How many identities of others a node remembers. Of those it was reminded of least recently, it
/// forgets that they had more keys; identities of the node itself are never forgotten.
pub const MAX_REMEMBERED_IDENTITIES: usize = 16_384;

/// Identities, with the order in which they were seen last.
#[derive(Default)]
pub(super) struct Known {
    identities: BTreeMap<Identifier, (u64, Identity)>,
    /// The same by when they were seen.
    seen: BTreeMap<u64, Identifier>,
    next: u64,
}

impl Known {
    pub(super) fn get(&self, identifier: &Identifier) -> Option<&Identity> {
        self.identities.get(identifier).map(|(_, identity)| identity)
    }

    pub(super) fn len(&self) -> usize {
        self.identities.len()
    }

    /// Remembers an identity in place of an earlier state of it.
    pub(super) fn insert(&mut self, identity: &Identity) {
        let (identifier, now) = (*identity.identifier(), self.next);
        self.next += 1;
        if let Some((before, _)) = self.identities.insert(identifier, (now, identity.clone())) {
            self.seen.remove(&before);
        }
        self.seen.insert(now, identifier);
        if self.identities.len() > MAX_REMEMBERED_IDENTITIES
            && let Some((_, oldest)) = self.seen.pop_first()
        {
            self.identities.remove(&oldest);
        }
    }
}
