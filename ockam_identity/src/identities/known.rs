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

    /// Remembers an identity in place of an earlier state of it. Returned is who was forgotten for
    /// it.
    pub(super) fn insert(&mut self, identity: &Identity) -> Option<Identifier> {
        let (identifier, now) = (*identity.identifier(), self.next);
        self.next += 1;
        if let Some((before, _)) = self.identities.insert(identifier, (now, identity.clone())) {
            self.seen.remove(&before);
        }
        self.seen.insert(now, identifier);
        if self.identities.len() <= MAX_REMEMBERED_IDENTITIES {
            return None;
        }
        let (_, oldest) = self.seen.pop_first()?;
        self.identities.remove(&oldest);
        Some(oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdentityOptions;
    use crate::vault::{Secret, SoftwareVault};
    use core::future::Future;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    fn identity(vault: &SoftwareVault, number: usize) -> Identity {
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        let options = IdentityOptions::new(0);
        let created = pin!(Identity::create(vault, options, Secret::from(seed)));
        match created.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok((identity, _))) => identity,
            _ => panic!("a software vault answers at once"),
        }
    }

    #[test]
    fn the_one_that_was_seen_longest_ago_is_forgotten() {
        let (vault, mut known) = (SoftwareVault::new(), Known::default());
        let first = identity(&vault, 0);
        let second = identity(&vault, 1);
        assert_eq!(known.insert(&first), None);
        assert_eq!(known.insert(&second), None);
        // Fills it up without making so many keys.
        for number in known.len()..MAX_REMEMBERED_IDENTITIES {
            let mut name = [7; 32];
            name[..8].copy_from_slice(&number.to_le_bytes());
            let (name, now) = (Identifier::from(name), known.next);
            known.next += 1;
            known.identities.insert(name, (now, first.clone()));
            known.seen.insert(now, name);
        }
        // Seen again.
        assert_eq!(known.insert(&first), None);
        assert_eq!(known.insert(&identity(&vault, 2)), Some(*second.identifier()));
        assert!(known.get(first.identifier()).is_some());
        assert_eq!(known.len(), MAX_REMEMBERED_IDENTITIES);
    }
}
