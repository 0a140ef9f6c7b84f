//! Histories of other identities: pinned ones, and a bounded number of strangers.
//!
//! Identities that the program imported, and the authorities of its channels, are pinned: they are
//! never forgotten, for any number of strangers. It does not know where histories are stored.

use crate::codec::Structure;
use crate::identifier::Identifier;
use crate::identity::{Identity, IdentityError};
use crate::sorted::{Map, Set};
use alloc::vec::Vec;

/// Number of identities that a node remembers besides imported ones and authorities. Beyond it, the
/// least recently met one is forgotten, including its later keys. Identities of the node itself,
/// imported ones and authorities are never forgotten.
pub const MAX_REMEMBERED_IDENTITIES: usize = 16_384;

/// Maximum total length of the encoded histories of such identities in bytes. Beyond it, the least
/// recently met ones are forgotten.
pub const MAX_REMEMBERED_IDENTITIES_LEN: usize = 8 * 1024 * 1024;

/// Result of remembering an identity.
pub(super) struct Remembered {
    pub(super) is_news: bool,
    pub(super) is_pinned: bool,
    /// It was a stranger before.
    pub(super) was_met: bool,
    /// The strangers that were evicted for it.
    pub(super) forgotten: Vec<Identifier>,
}

#[derive(Default)]
pub(super) struct KnownIdentities {
    pinned: Map<Identifier, Identity>,
    /// The pinned identities, known or not.
    pins: Set<Identifier>,
    met: Met,
}

impl KnownIdentities {
    pub(super) fn get(&self, identifier: &Identifier) -> Option<&Identity> {
        self.pinned.get(identifier).or_else(|| self.met.get(identifier))
    }

    pub(super) fn len(&self) -> usize {
        self.pinned.len() + self.met.identities.len()
    }

    /// Pins an identity, which need not be known yet. Returns it if it was a stranger before.
    pub(super) fn pin(&mut self, identifier: &Identifier) -> Option<Identity> {
        self.pins.insert(*identifier);
        let identity = self.met.remove(identifier)?;
        self.pinned.insert(*identifier, identity.clone());
        Some(identity)
    }

    /// Remembers an identity in place of an earlier state of it.
    ///
    /// # Errors
    /// [`IdentityError::Older`] and [`IdentityError::Conflict`] if the known history is longer or
    /// different; nothing has changed then.
    pub(super) fn remember(&mut self, identity: &Identity) -> Result<Remembered, IdentityError> {
        let identifier = identity.identifier();
        let known = self.get(identifier);
        known.map_or(Ok(()), |known| known.accepts(identity))?;
        let is_news = known != Some(identity);
        if !self.pins.contains(identifier) {
            let forgotten = self.met.insert(identity);
            return Ok(Remembered { is_news, is_pinned: false, was_met: false, forgotten });
        }
        let was_met = self.met.remove(identifier).is_some();
        if is_news || was_met {
            self.pinned.insert(*identifier, identity.clone());
        }
        Ok(Remembered { is_news, is_pinned: true, was_met, forgotten: Vec::new() })
    }
}

/// Strangers, in the order in which they were last met.
#[derive(Default)]
struct Met {
    identities: Map<Identifier, Stranger>,
    /// The same, ordered by the last meeting.
    seen: Map<u64, Identifier>,
    next: u64,
    /// Total length of all histories in bytes.
    len: usize,
}

struct Stranger {
    seen: u64,
    len: usize,
    identity: Identity,
}

impl Met {
    fn get(&self, identifier: &Identifier) -> Option<&Identity> {
        self.identities.get(identifier).map(|stranger| &stranger.identity)
    }

    fn remove(&mut self, identifier: &Identifier) -> Option<Identity> {
        let stranger = self.identities.remove(identifier)?;
        self.seen.remove(&stranger.seen);
        self.len -= stranger.len;
        Some(stranger.identity)
    }

    /// Inserts a stranger and returns the evicted ones.
    fn insert(&mut self, identity: &Identity) -> Vec<Identifier> {
        let (identifier, seen) = (*identity.identifier(), self.next);
        self.next += 1;
        let len = match self.identities.get(&identifier) {
            Some(before) if before.identity == *identity => before.len,
            _ => identity.history().encode().len(),
        };
        self.remove(&identifier);
        self.len += len;
        self.seen.insert(seen, identifier);
        self.identities.insert(identifier, Stranger { seen, len, identity: identity.clone() });
        let mut forgotten = Vec::new();
        while self.identities.len() > MAX_REMEMBERED_IDENTITIES
            || self.len > MAX_REMEMBERED_IDENTITIES_LEN
        {
            let Some((_, &oldest)) = self.seen.first_key_value() else { break };
            self.remove(&oldest);
            forgotten.push(oldest);
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::IdentityOptions;
    use crate::vault::{KeyHandle, Secret, SoftwareVault};
    use core::future::Future;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("a software vault answers at once"),
        }
    }

    fn entropy(number: usize) -> Secret<32> {
        let mut seed = [1; 32];
        seed[..8].copy_from_slice(&number.to_le_bytes());
        Secret::from(seed)
    }

    fn created(vault: &SoftwareVault, number: usize) -> (Identity, KeyHandle) {
        now(Identity::create(vault, IdentityOptions::new(0), entropy(number))).unwrap()
    }

    fn identity(vault: &SoftwareVault, number: usize) -> Identity {
        created(vault, number).0
    }

    fn forgotten(known: &mut KnownIdentities, identity: &Identity) -> Vec<Identifier> {
        known.remember(identity).unwrap().forgotten
    }

    /// Fills the table without creating a key for each stranger.
    fn fill(known: &mut KnownIdentities, like: &Identity, until: usize, len: usize) {
        let met = &mut known.met;
        for number in met.identities.len()..until {
            let mut name = [7; 32];
            name[..8].copy_from_slice(&number.to_le_bytes());
            let (name, seen) = (Identifier::from(name), met.next);
            met.next += 1;
            met.len += len;
            met.identities.insert(name, Stranger { seen, len, identity: like.clone() });
            met.seen.insert(seen, name);
        }
    }

    #[test]
    fn the_stranger_that_was_met_longest_ago_is_forgotten() {
        let (vault, mut known) = (SoftwareVault::new(), KnownIdentities::default());
        let [first, second] = [0, 1].map(|number| identity(&vault, number));
        assert_eq!(forgotten(&mut known, &first), []);
        assert_eq!(forgotten(&mut known, &second), []);
        fill(&mut known, &first, MAX_REMEMBERED_IDENTITIES, 1);
        // Met again.
        assert_eq!(forgotten(&mut known, &first), []);
        assert_eq!(forgotten(&mut known, &identity(&vault, 2)), [*second.identifier()]);
        assert!(known.get(first.identifier()).is_some());
        assert_eq!(known.len(), MAX_REMEMBERED_IDENTITIES);
    }

    #[test]
    fn strangers_are_bounded_in_bytes_too() {
        let (vault, mut known) = (SoftwareVault::new(), KnownIdentities::default());
        let [first, second] = [0, 1].map(|number| identity(&vault, number));
        assert_eq!(forgotten(&mut known, &first), []);
        let len = known.met.len;
        assert_eq!(len, first.history().encode().len());
        fill(&mut known, &first, 2, MAX_REMEMBERED_IDENTITIES_LEN - len);
        assert_eq!(forgotten(&mut known, &first), [], "met again, it takes no more room");
        let made_room = forgotten(&mut known, &second);
        assert_eq!(made_room.len(), 1);
        assert!(
            known.get(first.identifier()).is_some() && known.get(second.identifier()).is_some()
        );
        assert_eq!(known.met.len, len + second.history().encode().len());
    }

    #[test]
    fn pinned_identities_stay_however_many_strangers_come() {
        let (vault, mut known) = (SoftwareVault::new(), KnownIdentities::default());
        let [before, met, later] = [0, 1, 2].map(|number| identity(&vault, number));
        // Pinned before it is known, after it was met, and not at all.
        assert!(known.pin(before.identifier()).is_none());
        assert!(known.remember(&before).unwrap().is_pinned);
        known.remember(&met).unwrap();
        assert_eq!(known.pin(met.identifier()), Some(met.clone()));
        fill(&mut known, &later, MAX_REMEMBERED_IDENTITIES, 1);
        assert_eq!(forgotten(&mut known, &later).len(), 1);
        assert!(known.get(before.identifier()).is_some() && known.get(met.identifier()).is_some());
        assert_eq!(known.met.identities.len(), MAX_REMEMBERED_IDENTITIES);
    }

    #[test]
    fn of_one_identity_only_more_is_remembered() {
        let (vault, mut known) = (SoftwareVault::new(), KnownIdentities::default());
        let (first, key) = created(&vault, 0);
        let options = IdentityOptions::new(0);
        let rotate = |number| first.rotate(&vault, &key, options.clone(), entropy(number));
        let [second, other] = [1, 2].map(|number| now(rotate(number)).unwrap().0);
        for is_pinned in [false, true] {
            assert_eq!(known.remember(&second).unwrap().is_pinned, is_pinned);
            assert!(matches!(known.remember(&first), Err(IdentityError::Older(_))));
            assert!(matches!(known.remember(&other), Err(IdentityError::Conflict(_))));
            assert_eq!(known.get(first.identifier()), Some(&second));
            known.pin(first.identifier());
        }
    }
}
