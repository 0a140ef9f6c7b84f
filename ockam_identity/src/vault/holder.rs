//! What holds the keys that live long: the seam for hardware and key services.

use super::{AgreementKey, KeyKind, Secret, Signature, VaultError, VerifyingKey};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt::{self, Debug};
use core::future::Future;
use core::pin::Pin;

/// The future of a vault's answer: a key service may have to be asked over a network.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, VaultError>> + Send + 'a>>;

/// Holds secret keys and computes with them; nobody else sees them.
///
/// A vault gives keys names, [`KeyHandle`]s, which its users store and pass back. What it computes
/// for channels is one agreement per handshake; the keys of a running channel are not in the
/// vault.
pub trait Vault: Debug + Send + Sync + 'static {
    /// Makes a key that signs. `entropy` is 32 fresh random bytes; a vault with a random source of
    /// its own need not use them.
    fn create_signing_key(
        &self,
        kind: KeyKind,
        entropy: Secret<32>,
    ) -> Answer<'_, (KeyHandle, VerifyingKey)>;

    /// Makes a key that agrees on secrets, for the secure channels of an identity.
    fn create_agreement_key(&self, entropy: Secret<32>) -> Answer<'_, (KeyHandle, AgreementKey)>;

    /// Signs a message of 32 bytes, which is a hash: with Ed25519, or with ECDSA, which hashes it
    /// once more.
    fn sign<'a>(&'a self, key: &'a KeyHandle, message: &'a [u8; 32]) -> Answer<'a, Signature>;

    /// Computes the secret that a key and a peer's agree on. A result of zero has to be refused
    /// with [`VaultError::WeakKey`].
    fn agree<'a>(&'a self, key: &'a KeyHandle, peer: &'a AgreementKey) -> Answer<'a, Secret<32>>;

    /// Forgets a key; `false` if there was none.
    fn delete_key<'a>(&'a self, key: &'a KeyHandle) -> Answer<'a, bool>;
}

/// Names a key in a vault. What the bytes mean is the vault's business.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHandle(Arc<[u8]>);

impl KeyHandle {
    /// Returns the bytes of the name, for storing it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for KeyHandle {
    fn from(name: &[u8]) -> Self {
        KeyHandle(name.into())
    }
}

/// Text stays text, other bytes are shown in hex.
impl Debug for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(&self.0) {
            Ok(text) if text.chars().all(|char| char.is_ascii_graphic()) => f.write_str(text),
            _ => self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}
