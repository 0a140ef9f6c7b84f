//! Keys by handle, and what is computed with them.
//!
//! Two keys of an identity live long: those that sign, and the static key of its secure channels.
//! Whoever holds them implements [`Vault`], so that they need not be in this process's memory;
//! [`SoftwareVault`] holds them there. Everything else, ephemeral keys and the keys of a channel,
//! is made, used and wiped here, by the crates that are known for it. This room refuses to know
//! what is signed or encrypted.
//!
//! | file | owns |
//! |---|---|
//! | `software` | the vault in this process's memory |
//! | `key`, `signature` | what others see of keys |
//! | `secret` | secret bytes: wiped, never shown, compared in constant time |
//! | `agreement` | X25519 |
//! | `aead` | AES-256-GCM |
//! | `digest` | SHA-256 and HKDF |

mod aead;
mod agreement;
mod digest;
mod error;
mod key;
mod p256;
mod secret;
mod signature;
mod software;

pub use agreement::{AgreementKey, AgreementSecret};
pub use error::VaultError;
pub use key::{KeyKind, VerifyingKey};
pub use secret::Secret;
pub use signature::Signature;
pub use software::SoftwareVault;

pub(crate) use aead::{AeadKey, NONCE_LEN, TAG_LEN};
pub(crate) use digest::{hkdf, sha256, sha256_of_two};

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
