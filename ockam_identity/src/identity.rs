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

pub use change::{Change, ChangeData, ChangeHistory};
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
        let mut hashes = Vec::with_capacity(history.changes().len());
        let mut latest: Option<ChangeData> = None;
        for (index, change) in history.changes().iter().enumerate() {
            let hash = ChangeHash::from(sha256(change.data()));
            let before = latest.as_ref().zip(hashes.last());
            let data = change.verify(&hash, before).map_err(|why| why.at(index))?;
            hashes.push(hash);
            latest = Some(data);
        }
        let (Some(first), Some(latest)) = (hashes.first(), latest) else {
            return Err(IdentityError::Empty);
        };
        let identifier = Identifier::from(*first.as_bytes());
        match expected {
            Some(expected) if *expected != identifier => {
                Err(IdentityError::OtherIdentifier { expected: *expected, found: identifier })
            }
            _ => Ok(Identity { identifier, history, hashes, latest }),
        }
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
        let common = self.hashes.len().min(arrived.hashes.len());
        if self.hashes[..common] != arrived.hashes[..common] {
            return Comparison::Conflict;
        }
        match arrived.hashes.len().cmp(&self.hashes.len()) {
            core::cmp::Ordering::Less => Comparison::Older,
            core::cmp::Ordering::Equal => Comparison::Equal,
            core::cmp::Ordering::Greater => Comparison::Newer,
        }
    }

    /// Makes an identity of a history that arrives, in place of the identity as it is remembered:
    /// one may only learn more. A history that has not changed is not verified again.
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
        let arrived = Self::verify(history.clone(), Some(&known.identifier))?;
        known.accepts(&arrived)?;
        Ok(arrived)
    }

    /// Says whether a verified identity that arrives may take the place of this one: one may only
    /// learn more.
    ///
    /// # Errors
    /// [`IdentityError::Older`] and [`IdentityError::Conflict`].
    pub(crate) fn accepts(&self, arrived: &Identity) -> Result<(), IdentityError> {
        match self.compare(arrived) {
            Comparison::Equal | Comparison::Newer => Ok(()),
            Comparison::Older => Err(IdentityError::Older(arrived.identifier)),
            Comparison::Conflict => Err(IdentityError::Conflict(arrived.identifier)),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, {} changes)", self.identifier, self.hashes.len())
    }
}
