//! The identities that a node is, and those that it has met.
//!
//! It owns what is remembered: keys by their handles, purpose keys, histories, attributes. It puts
//! the pure rules of the other rooms together with a vault, a clock and random bits. It refuses to
//! know channels and workers.
//!
//! | file | owns |
//! |---|---|
//! | `clock` | the time |
//! | `known` | histories of others, so many |
//! | `own` | what is kept of an identity of this node |
//! | `attested` | attributes that were proved, so many, until they expire |
//! | `failure` | errors as they cross the boundary |

mod attested;
mod clock;
mod failure;
mod known;
mod own;

pub use attested::MAX_REMEMBERED_ATTRIBUTES;
pub use clock::Clock;
#[cfg(feature = "std")]
pub use clock::SystemClock;
pub use known::MAX_REMEMBERED_IDENTITIES;

use crate::channel::{HandshakeError, IdentityAndCredentials};
use crate::codec::Structure;
use crate::credential::{
    Attributes, Credential, CredentialAndPurposeKey, CredentialData, CredentialError,
};
use crate::identifier::Identifier;
use crate::identity::{ChangeHistory, Identity, IdentityError, IdentityOptions};
use crate::purpose_key::{Attestation, PurposeKey, Validity};
use crate::sync::Lock;
use crate::vault::{AgreementKey, KeyHandle, Secret, Vault};
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use attested::Attested;
use core::fmt;
pub(crate) use failure::failed;
use failure::{denied, no_identity, unknown};
use known::Known;
use ockam_core::{Error, ErrorKind, Result};
use own::{Own, Purpose};
use rand_core::CryptoRng;

/// Keeps the identities of a node, and what it has learnt of others.
///
/// A clone is another handle to the same memory. Secret keys are in the vault.
///
/// ```
/// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
/// use ockam_identity::Identities;
/// # let rng = &mut rand_core::UnwrapErr(getrandom::SysRng);
///
/// let identities = Identities::in_memory();
/// let alice = identities.create_identity(rng).await?;
/// let exported = identities.export(&alice)?;
/// // Elsewhere:
/// let others = Identities::in_memory();
/// assert_eq!(others.import(&exported, None)?, alice);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Identities(Arc<Inner>);

struct Inner {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    memory: Lock<Memory>,
}

#[derive(Default)]
struct Memory {
    own: BTreeMap<Identifier, Own>,
    known: Known,
    attested: Attested,
}

/// What an identity of this node brings along to a handshake.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The handle of the static key, with which the vault has to agree.
    pub key: KeyHandle,
    /// The public half of the static key.
    pub public: AgreementKey,
    /// The payload, which says whose key it is.
    pub shown: IdentityAndCredentials,
}

impl Identities {
    /// Keeps keys in this process's memory and reads the system's clock.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(crate::vault::SoftwareVault::new(), SystemClock)
    }

    /// Keeps keys in a vault of the program's, and reads its clock.
    #[must_use]
    pub fn new(vault: impl Vault, clock: impl Clock) -> Self {
        Identities(Arc::new(Inner {
            vault: Arc::new(vault),
            clock: Arc::new(clock),
            memory: Lock::new(Memory::default()),
        }))
    }

    /// Returns the vault.
    #[must_use]
    pub fn vault(&self) -> &dyn Vault {
        &*self.0.vault
    }

    /// Returns the time, in seconds since 1970 UTC.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.clock.now()
    }

    /// Makes an identity with a new Ed25519 key.
    ///
    /// # Errors
    /// [`Failed`](ErrorKind::Failed) if the vault makes no key.
    pub async fn create_identity(&self, rng: &mut impl CryptoRng) -> Result<Identifier> {
        self.create_identity_with(IdentityOptions::new(self.now()), rng).await
    }

    /// Makes an identity with a new key.
    ///
    /// # Errors
    /// As [`create_identity`](Self::create_identity).
    pub async fn create_identity_with(
        &self,
        options: IdentityOptions,
        rng: &mut impl CryptoRng,
    ) -> Result<Identifier> {
        let created = Identity::create(self.vault(), options, Secret::random(rng)).await;
        let (identity, key) = created.map_err(|why| failed(why, "creating an identity"))?;
        let identifier = *identity.identifier();
        self.memory(|memory| memory.own.insert(identifier, Own::new(identity, key)));
        Ok(identifier)
    }

    /// Takes over an identity of this node whose key is in the vault: what [`export`](Self::export)
    /// gave, and the handle of the key.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the history does not hold together, or the key
    /// is not that of its last change.
    pub async fn import_private(&self, history: &[u8], key: KeyHandle) -> Result<Identifier> {
        let identity = Identity::import(history, None)
            .map_err(|why| Error::new(ErrorKind::InvalidInput, why))?;
        let message = [7; 32];
        let proved = match self.vault().sign(&key, &message).await {
            Ok(signature) => identity.verifying_key().verify(&message, &signature),
            Err(why) => Err(why),
        };
        proved.map_err(|why| {
            Error::new(ErrorKind::InvalidInput, why)
                .context("the key in the vault is not that of the identity")
        })?;
        let identifier = *identity.identifier();
        self.memory(|memory| memory.own.insert(identifier, Own::new(identity, key)));
        Ok(identifier)
    }

    /// Remembers the history of another identity, and returns whose it is.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it does not hold together, is older than the
    /// one that is known or contradicts it, or is not that of the expected identity.
    pub fn import(&self, history: &[u8], expected: Option<&Identifier>) -> Result<Identifier> {
        let invalid = |why: IdentityError| Error::new(ErrorKind::InvalidInput, why);
        let arrived = Identity::import(history, expected).map_err(invalid)?;
        let learnt = self.learn(arrived.history()).map_err(invalid)?;
        Ok(*learnt.identifier())
    }

    /// Returns the history of an identity as bytes, for others.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if it is not known here.
    pub fn export(&self, identifier: &Identifier) -> Result<Vec<u8>> {
        let identity = self.find(identifier).ok_or_else(|| no_identity(identifier))?;
        Ok(identity.history().encode())
    }

    /// Finds an identity: one of this node, or one that it has met.
    #[must_use]
    pub fn find(&self, identifier: &Identifier) -> Option<Identity> {
        self.memory(|memory| memory.find(identifier).cloned())
    }

    /// Lists the identities of this node.
    #[must_use]
    pub fn own(&self) -> Vec<Identifier> {
        self.memory(|memory| memory.own.keys().copied().collect())
    }

    /// Gives an identity of this node a new key and deletes the old one. All its attestations are
    /// void for whoever learns of it; new ones are made on need.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node,
    /// [`Failed`](ErrorKind::Failed) if the vault makes no key.
    pub async fn rotate(
        &self,
        identifier: &Identifier,
        options: IdentityOptions,
        rng: &mut impl CryptoRng,
    ) -> Result<()> {
        let own = self.own_identity(identifier)?;
        let rotated = own.identity.rotate(self.vault(), &own.key, options, Secret::random(rng));
        let (identity, key) =
            rotated.await.map_err(|why| failed(why, "giving an identity a new key"))?;
        self.memory(|memory| memory.own.insert(*identifier, Own::new(identity, key)));
        for old in own.handles() {
            let deleted = self.vault().delete_key(&old).await;
            deleted.map_err(|why| failed(why, "deleting the old key of an identity"))?;
        }
        Ok(())
    }

    /// Makes a credential: what an identity of this node says of another for a number of seconds.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the issuer is not one of this node or the subject is
    /// not known, [`Failed`](ErrorKind::Failed) if the vault does not sign.
    pub async fn issue_credential(
        &self,
        issuer: &Identifier,
        subject: &Identifier,
        attributes: Attributes,
        seconds: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<CredentialAndPurposeKey> {
        let subject = self.find(subject).ok_or_else(|| no_identity(subject))?;
        let (key, attestation) = self.purpose_key(issuer, Purpose::Credentials, rng).await?;
        let validity = Validity::lasting(self.now(), seconds);
        let vault = self.vault();
        Credential::issue(vault, attestation, &key, &subject, attributes, validity)
            .await
            .map_err(|why| failed(why, "issuing a credential"))
    }

    /// Verifies what an authority says of a subject, and remembers it until it expires.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) with a [`CredentialError`] if it is not to be believed.
    pub fn accept_credential(
        &self,
        subject: &Identifier,
        credential: &CredentialAndPurposeKey,
        authorities: &[Identifier],
    ) -> Result<CredentialData> {
        let (issuer, data) =
            self.verify_credential(subject, credential, authorities).map_err(denied)?;
        let (attributes, expires_at) = (data.attributes.clone(), data.expires_at);
        let now = self.now();
        self.memory(|memory| {
            memory.attested.insert((*subject, issuer), attributes, expires_at, now);
        });
        Ok(data)
    }

    /// Verifies what an authority says of a subject.
    ///
    /// # Errors
    /// As [`accept_credential`](Self::accept_credential).
    pub fn check_credential(
        &self,
        subject: &Identifier,
        credential: &CredentialAndPurposeKey,
        authorities: &[Identifier],
    ) -> Result<CredentialData> {
        let verified = self.verify_credential(subject, credential, authorities);
        verified.map(|(_, data)| data).map_err(denied)
    }

    fn verify_credential(
        &self,
        subject: &Identifier,
        credential: &CredentialAndPurposeKey,
        authorities: &[Identifier],
    ) -> Result<(Identifier, CredentialData), CredentialError> {
        let issuer = credential.issuer()?;
        if !authorities.contains(&issuer) {
            return Err(CredentialError::UntrustedIssuer(issuer));
        }
        let known = self.find(&issuer).ok_or(CredentialError::UnknownIssuer(issuer))?;
        Ok((issuer, credential.verify(subject, &known, self.now())?))
    }

    /// Returns what an authority has said of a subject in a credential that has not expired.
    #[must_use]
    pub fn attributes(&self, subject: &Identifier, authority: &Identifier) -> Option<Attributes> {
        let now = self.now();
        self.memory(|memory| memory.attested.get(&(*subject, *authority), now).cloned())
    }

    /// Verifies and remembers a history that arrives: one may only learn more.
    ///
    /// # Errors
    /// [`IdentityError`] says what is wrong.
    pub fn learn(&self, history: &ChangeHistory) -> Result<Identity, IdentityError> {
        let known = history.identifier().and_then(|identifier| self.find(&identifier));
        let learnt = Identity::learn(history, known.as_ref())?;
        self.remember(&learnt);
        Ok(learnt)
    }

    /// Verifies who the other side of a handshake is. Somebody new is not remembered yet: call
    /// [`remember`](Self::remember) once it is trusted.
    ///
    /// # Errors
    /// [`HandshakeError`] says what is wrong.
    pub fn verify_peer(
        &self,
        shown: &IdentityAndCredentials,
        static_key: &AgreementKey,
    ) -> Result<Identity, HandshakeError> {
        shown.verify(static_key, |identifier| self.find(identifier), self.now())
    }

    /// Remembers the history of another identity, which was verified.
    pub fn remember(&self, identity: &Identity) {
        self.memory(|memory| memory.remember(identity));
    }

    /// Returns the key of an identity of this node for a purpose, with its attestation: the one
    /// that was made before if it still holds, or a new one.
    async fn purpose_key(
        &self,
        identifier: &Identifier,
        purpose: Purpose,
        rng: &mut impl CryptoRng,
    ) -> Result<(KeyHandle, Attestation)> {
        let own = self.own_identity(identifier)?;
        if let Some(known) = own.purpose_key(purpose, self.now()) {
            return Ok(known);
        }
        let made = own.make_purpose_key(self.vault(), purpose, Secret::random(rng), self.now());
        let made = made.await.map_err(|why| failed(why, "making a purpose key"))?;
        self.memory(|memory| {
            if let Some(own) = memory.own.get_mut(identifier) {
                own.keep(purpose, made.clone());
            }
        });
        Ok(made)
    }

    /// Returns what an identity of this node brings along to a handshake. Its static key is made on
    /// first need and kept.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node,
    /// [`Failed`](ErrorKind::Failed) if the vault makes no key.
    pub async fn present(
        &self,
        identifier: &Identifier,
        credentials: Vec<CredentialAndPurposeKey>,
        rng: &mut impl CryptoRng,
    ) -> Result<Presented> {
        let (key, purpose_key_attestation) =
            self.purpose_key(identifier, Purpose::SecureChannel, rng).await?;
        let data = purpose_key_attestation.data();
        let Ok(PurposeKey::SecureChannel(public)) = data.map(|data| data.public_key) else {
            return Err(Error::new(ErrorKind::Failed, "a channel key with another's attestation"));
        };
        let change_history = self.own_identity(identifier)?.identity.history().clone();
        let shown = IdentityAndCredentials { change_history, purpose_key_attestation, credentials };
        Ok(Presented { key, public, shown })
    }

    fn own_identity(&self, identifier: &Identifier) -> Result<Own> {
        let own = self.memory(|memory| memory.own.get(identifier).cloned());
        own.ok_or_else(|| unknown(identifier))
    }

    fn memory<R>(&self, f: impl FnOnce(&mut Memory) -> R) -> R {
        self.0.memory.with(f)
    }
}

impl Memory {
    fn find(&self, identifier: &Identifier) -> Option<&Identity> {
        match self.own.get(identifier) {
            Some(own) => Some(&own.identity),
            None => self.known.get(identifier),
        }
    }

    fn remember(&mut self, identity: &Identity) {
        // What this node is, it knows better than anybody else.
        if !self.own.contains_key(identity.identifier()) {
            self.known.insert(identity);
        }
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, known) = self.memory(|memory| (memory.own.len(), memory.known.len()));
        f.debug_struct("Identities").field("own", &own).field("known", &known).finish()
    }
}
