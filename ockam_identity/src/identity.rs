//! Identities: a key that can be replaced, under a name that stays.
//!
//! An identity is the history of its keys. Each change is signed by the key in it and by the key
//! before it; the name is the hash of the first change. This room owns the structures, their
//! verification, and how changes are made. It refuses to know who is trusted, where histories are
//! stored and what the time is.
//!
//! | file | owns |
//! |---|---|
//! | `change` | one change, and a history of them, as bytes |
//! | `creation` | new identities and new keys |
//! | `error` | why a history is refused |

mod change;
mod creation;
mod error;

pub use change::{Change, ChangeData, ChangeHistory, MAX_HISTORY_CHANGES, MAX_HISTORY_LEN};
pub use creation::{IDENTITY_KEY_LIFETIME, IdentityOptions};
pub use error::{ChangeError, IdentityError};

use crate::codec::Structure;
use crate::identifier::{ChangeHash, Identifier};
use crate::vault::{VerifyingKey, sha256};
use alloc::vec::Vec;
use core::fmt;

/// A history of keys that was verified, and so the identity that it belongs to.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), ockam_identity::IdentityError> {
/// use ockam_identity::vault::{Secret, SoftwareVault};
/// use ockam_identity::{Identity, IdentityOptions, Structure};
///
/// let (vault, now) = (SoftwareVault::new(), 1_800_000_000);
/// let entropy = Secret::from([7; 32]); // random bytes, of course
/// let (alice, _key) = Identity::create(&vault, IdentityOptions::new(now), entropy).await?;
/// let exported = alice.history().encode();
/// assert_eq!(Identity::import(&exported, Some(alice.identifier()))?, alice);
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    identifier: Identifier,
    history: ChangeHistory,
    /// The hash of each change.
    hashes: Vec<ChangeHash>,
    /// What is in the last change.
    latest: ChangeData,
}

/// How a history that arrives relates to the one that is remembered.
///
/// It is exhaustive: two histories have no other relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The two are the same.
    Equal,
    /// The one that arrives begins as the remembered one and has more changes.
    Newer,
    /// The one that arrives is the beginning of the remembered one.
    Older,
    /// The two differ in a change: somebody has used a key twice.
    Conflict,
}

impl Identity {
    /// Makes an identity of bytes, if they are a history that holds together.
    ///
    /// Not checked is whether the last key is within its time: an identity whose key has run out
    /// still imports; it merely cannot attest anything.
    ///
    /// # Errors
    /// [`IdentityError`] says which change is wrong; also if another identifier was expected.
    pub fn import(bytes: &[u8], expected: Option<&Identifier>) -> Result<Self, IdentityError> {
        Self::verify(ChangeHistory::decode(bytes)?, expected)
    }

    /// As [`import`](Self::import), of a history that was decoded.
    ///
    /// # Errors
    /// As [`import`](Self::import).
    pub fn verify(
        history: ChangeHistory,
        expected: Option<&Identifier>,
    ) -> Result<Self, IdentityError> {
        let identity = Self::extend(None, history, Change::verify)?;
        match expected {
            Some(expected) if *expected != identity.identifier => {
                let (expected, found) = (*expected, identity.identifier);
                Err(IdentityError::OtherIdentifier { expected, found })
            }
            _ => Ok(identity),
        }
    }

    /// Makes an identity of a history that this node verified before it stored it. Its signatures
    /// are not verified again.
    pub(crate) fn restore(history: ChangeHistory) -> Result<Self, IdentityError> {
        Self::extend(None, history, Change::follow)
    }

    /// Makes an identity of a history whose first changes are those of `known`, which was
    /// verified; the others are looked at with `look`.
    fn extend(
        known: Option<&Identity>,
        history: ChangeHistory,
        look: Look,
    ) -> Result<Self, IdentityError> {
        let (mut hashes, mut latest) = match known {
            Some(known) => (known.hashes.clone(), Some(known.latest.clone())),
            None => (Vec::with_capacity(history.changes().len()), None),
        };
        for (index, change) in history.changes().iter().enumerate().skip(hashes.len()) {
            let hash = ChangeHash::from(sha256(change.data()));
            let before = latest.as_ref().zip(hashes.last());
            let data = look(change, &hash, before).map_err(|why| why.at(index))?;
            hashes.push(hash);
            latest = Some(data);
        }
        let (Some(first), Some(latest)) = (hashes.first(), latest) else {
            return Err(IdentityError::Empty);
        };
        let identifier = Identifier::from(*first.as_bytes());
        Ok(Identity { identifier, history, hashes, latest })
    }

    /// Returns the name.
    #[must_use]
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// Returns the history, for example to export it.
    #[must_use]
    pub fn history(&self) -> &ChangeHistory {
        &self.history
    }

    /// Returns what is in the last change.
    #[must_use]
    pub fn latest_change(&self) -> &ChangeData {
        &self.latest
    }

    /// Returns the hash of the last change.
    #[must_use]
    pub fn latest_change_hash(&self) -> &ChangeHash {
        self.hashes.last().expect("a verified history has a change")
    }

    /// Returns the key of the last change, which is the identity's key.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.latest.primary_public_key
    }

    /// Compares this identity, as it is remembered, with one that arrives.
    #[must_use]
    pub fn compare(&self, arrived: &Identity) -> Comparison {
        compare(&self.hashes, &arrived.hashes)
    }

    /// Makes an identity of a history that arrives, in place of the identity as it is remembered:
    /// one may only learn more. Only changes that are new are verified, and none if the history is
    /// older than the remembered one or contradicts it.
    ///
    /// # Errors
    /// [`IdentityError`] says what is wrong; [`IdentityError::Older`] and
    /// [`IdentityError::Conflict`] if the two do not fit.
    pub fn learn(history: &ChangeHistory, known: Option<&Identity>) -> Result<Self, IdentityError> {
        let Some(known) = known else {
            return Self::verify(history.clone(), None);
        };
        if known.history == *history {
            return Ok(known.clone());
        }
        fits(compare(&known.hashes, &history.hashes()), &known.identifier)?;
        if history.changes().starts_with(known.history.changes()) {
            return Self::extend(Some(known), history.clone(), Change::verify);
        }
        // The same changes with other signatures.
        Self::verify(history.clone(), Some(&known.identifier))
    }

    /// Says whether a verified identity that arrives may take the place of this one: one may only
    /// learn more.
    ///
    /// # Errors
    /// [`IdentityError::Older`] and [`IdentityError::Conflict`].
    pub(crate) fn accepts(&self, arrived: &Identity) -> Result<(), IdentityError> {
        fits(self.compare(arrived), &arrived.identifier)
    }
}

/// How a change behind another is looked at.
type Look =
    fn(&Change, &ChangeHash, Option<(&ChangeData, &ChangeHash)>) -> Result<ChangeData, ChangeError>;

fn compare(known: &[ChangeHash], arrived: &[ChangeHash]) -> Comparison {
    let common = known.len().min(arrived.len());
    if known[..common] != arrived[..common] {
        return Comparison::Conflict;
    }
    match arrived.len().cmp(&known.len()) {
        core::cmp::Ordering::Less => Comparison::Older,
        core::cmp::Ordering::Equal => Comparison::Equal,
        core::cmp::Ordering::Greater => Comparison::Newer,
    }
}

fn fits(comparison: Comparison, identifier: &Identifier) -> Result<(), IdentityError> {
    match comparison {
        Comparison::Equal | Comparison::Newer => Ok(()),
        Comparison::Older => Err(IdentityError::Older(*identifier)),
        Comparison::Conflict => Err(IdentityError::Conflict(*identifier)),
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, {} changes)", self.identifier, self.hashes.len())
    }
}
