//! The vault in this process's memory.

use super::{
    AgreementKey, AgreementSecret, Answer, KeyHandle, KeyKind, Secret, Signature, Vault,
    VaultError, VerifyingKey, sha256,
};
use crate::sorted::Map;
use crate::store::{Store, Table};
use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::ready;
use ed25519_dalek::{Signer, SigningKey};
use ockam_core::{Error, ErrorKind};
use zeroize::Zeroizing;

/// A vault in this process's memory. Keys are wiped when they are deleted.
///
/// The handle of a key is the hash of its public half, so it is the same in every vault that imports
/// the key.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), ockam_identity::vault::VaultError> {
/// use ockam_identity::vault::{KeyKind, Secret, SoftwareVault, Vault};
///
/// let vault = SoftwareVault::new();
/// let (handle, key) = vault.import_signing_key(KeyKind::Ed25519, &Secret::from([7; 32]))?;
/// let signature = vault.sign(&handle, &[1; 32]).await?;
/// key.verify(&[1; 32], &signature)?;
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct SoftwareVault {
    keys: Lock<Map<KeyHandle, Arc<Key>>>,
    store: Option<Arc<dyn Store>>,
}

/// The kind of a stored secret, its first byte.
const ED25519: u8 = 0;
const P256: u8 = 1;
const AGREEMENT: u8 = 2;

/// A secret key that is ready to use.
enum Key {
    Ed25519(Box<SigningKey>),
    #[cfg(feature = "p256")]
    P256(super::p256::SigningKey),
    Agreement(AgreementSecret),
}

impl SoftwareVault {
    /// Creates a vault without keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a vault with the keys in a store, and keeps new ones there.
    ///
    /// # Errors
    /// [`VaultError::Holder`] if the store cannot be read, and other errors if a stored key is not
    /// valid.
    pub fn stored(store: Arc<dyn Store>) -> Result<Self, VaultError> {
        #[cfg(feature = "std")]
        let store: Arc<dyn Store> = crate::program::Guarded::new(store);
        let all = store.all(Table::Secrets).map_err(not_stored)?;
        let mut vault = Self::new();
        for (_, value) in &all {
            let Some((kind, secret)) = value.split_first() else {
                return Err(VaultError::InvalidKey("a stored key"));
            };
            let secret = <[u8; 32]>::try_from(secret);
            let secret = secret.map_err(|_| VaultError::InvalidKey("a stored key"))?;
            let secret = Secret::from(secret);
            match *kind {
                ED25519 => drop(vault.import_signing_key(KeyKind::Ed25519, &secret)?),
                P256 => drop(vault.import_signing_key(KeyKind::P256, &secret)?),
                AGREEMENT => drop(vault.import_agreement_key(&secret)?),
                _ => return Err(VaultError::InvalidKey("a stored key of a kind that is known")),
            }
        }
        vault.store = Some(store);
        Ok(vault)
    }

    /// Imports a signing key: the seed of an Ed25519 key, or the scalar of a P-256 key.
    ///
    /// # Errors
    /// [`VaultError`] if the bytes are not a scalar, or if P-256 is not supported.
    pub fn import_signing_key(
        &self,
        kind: KeyKind,
        secret: &Secret<32>,
    ) -> Result<(KeyHandle, VerifyingKey), VaultError> {
        let (key, public) = match kind {
            KeyKind::Ed25519 => {
                let key = Box::new(SigningKey::from_bytes(secret.expose()));
                let public = VerifyingKey::Ed25519(key.verifying_key().to_bytes());
                (Key::Ed25519(key), public)
            }
            #[cfg(feature = "p256")]
            KeyKind::P256 => {
                let key = super::p256::SigningKey::new(secret)?;
                let public = VerifyingKey::P256(key.public());
                (Key::P256(key), public)
            }
            #[cfg(not(feature = "p256"))]
            KeyKind::P256 => return Err(VaultError::Unsupported("P-256 keys")),
        };
        let stored_kind = if kind == KeyKind::P256 { P256 } else { ED25519 };
        Ok((self.insert(public.as_bytes(), key, stored_kind, secret)?, public))
    }

    /// Imports an agreement key.
    ///
    /// # Errors
    /// [`VaultError::Holder`] if it cannot be stored.
    pub fn import_agreement_key(
        &self,
        secret: &Secret<32>,
    ) -> Result<(KeyHandle, AgreementKey), VaultError> {
        let key = AgreementSecret::from(secret);
        let public = *key.public();
        let handle = self.insert(public.as_bytes(), Key::Agreement(key), AGREEMENT, secret)?;
        Ok((handle, public))
    }

    /// Adds a key, to the store first.
    fn insert(
        &self,
        public: &[u8],
        key: Key,
        kind: u8,
        secret: &Secret<32>,
    ) -> Result<KeyHandle, VaultError> {
        let handle = KeyHandle::from(&sha256(public)[..]);
        if let Some(store) = &self.store {
            let mut value = Zeroizing::new([kind; 33]);
            value[1..].copy_from_slice(secret.expose());
            store.put(Table::Secrets, handle.as_bytes(), &value[..]).map_err(not_stored)?;
        }
        let replaced = self.keys.with(|keys| keys.insert(handle.clone(), Arc::new(key)));
        // A replaced key is the same key; wipe it outside of the lock.
        drop(replaced);
        Ok(handle)
    }

    fn delete(&self, handle: &KeyHandle) -> Result<bool, VaultError> {
        if let Some(store) = &self.store {
            store.remove(Table::Secrets, handle.as_bytes()).map_err(not_stored)?;
        }
        let deleted = self.keys.with(|keys| keys.remove(handle));
        Ok(deleted.is_some())
    }

    /// Returns a key, for use outside of the lock.
    fn find(&self, handle: &KeyHandle) -> Result<Arc<Key>, VaultError> {
        let found = self.keys.with(|keys| keys.get(handle).cloned());
        found.ok_or_else(|| VaultError::UnknownKey(handle.clone()))
    }

    fn signature(&self, handle: &KeyHandle, message: &[u8]) -> Result<Signature, VaultError> {
        match &*self.find(handle)? {
            Key::Ed25519(key) => Ok(Signature::Ed25519(key.sign(message).to_bytes())),
            #[cfg(feature = "p256")]
            Key::P256(key) => Ok(Signature::P256(key.sign(message))),
            Key::Agreement(_) => Err(VaultError::UnknownKey(handle.clone())),
        }
    }

    fn agreement(&self, handle: &KeyHandle, peer: &AgreementKey) -> Result<Secret<32>, VaultError> {
        match &*self.find(handle)? {
            Key::Agreement(key) => key.agree(peer),
            _ => Err(VaultError::UnknownKey(handle.clone())),
        }
    }
}

/// Returns the error of a store that failed.
fn not_stored(why: Error) -> VaultError {
    match why.kind() {
        ErrorKind::Panicked => VaultError::Panicked(why.into()),
        _ => VaultError::Holder(why.into()),
    }
}

/// Every operation completes immediately.
impl Vault for SoftwareVault {
    fn create_signing_key(
        &self,
        kind: KeyKind,
        entropy: Secret<32>,
    ) -> Answer<'_, (KeyHandle, VerifyingKey)> {
        Box::pin(ready(self.import_signing_key(kind, &entropy)))
    }

    fn create_agreement_key(&self, entropy: Secret<32>) -> Answer<'_, (KeyHandle, AgreementKey)> {
        Box::pin(ready(self.import_agreement_key(&entropy)))
    }

    fn sign<'a>(&'a self, key: &'a KeyHandle, message: &'a [u8; 32]) -> Answer<'a, Signature> {
        Box::pin(ready(self.signature(key, message)))
    }

    fn agree<'a>(&'a self, key: &'a KeyHandle, peer: &'a AgreementKey) -> Answer<'a, Secret<32>> {
        Box::pin(ready(self.agreement(key, peer)))
    }

    fn delete_key<'a>(&'a self, key: &'a KeyHandle) -> Answer<'a, bool> {
        Box::pin(ready(self.delete(key)))
    }
}

impl fmt::Debug for SoftwareVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.keys.with(|keys| keys.len());
        write!(f, "SoftwareVault({keys} keys)")
    }
}
