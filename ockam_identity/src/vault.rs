//! Keys by handle, and cryptographic operations with them.
//!
//! The long-lived keys of an identity are its signing keys and the static key of its secure
//! channels. [`Vault`] is the trait of their holder, so that they can live in hardware or in a key
//! service; [`SoftwareVault`] keeps them in this process's memory. All other keys, ephemeral ones
//! and those of channels, are created, used and wiped in this module, with established crates. It
//! does not know what is signed or encrypted.
//!
//! | file | owns |
//! |---|---|
//! | `software` | the vault in this process's memory |
//! | `key`, `signature` | public keys and signatures |
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

/// The future of a vault operation, which may involve a key service on the network.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, VaultError>> + Send + 'a>>;

/// Holds secret keys and computes with them, without revealing them.
///
/// A vault names keys by [`KeyHandle`]s, which its users store and pass back. For channels it
/// computes one agreement per handshake; the keys of a running channel are not in the vault.
pub trait Vault: Debug + Send + Sync + 'static {
    /// Creates a signing key. `entropy` is 32 fresh random bytes; a vault with its own random source
    /// need not use them.
    fn create_signing_key(
        &self,
        kind: KeyKind,
        entropy: Secret<32>,
    ) -> Answer<'_, (KeyHandle, VerifyingKey)>;

    /// Creates an agreement key, for the secure channels of an identity.
    fn create_agreement_key(&self, entropy: Secret<32>) -> Answer<'_, (KeyHandle, AgreementKey)>;

    /// Signs a message of 32 bytes, which is a hash, with Ed25519, or with ECDSA, which hashes it
    /// again.
    fn sign<'a>(&'a self, key: &'a KeyHandle, message: &'a [u8; 32]) -> Answer<'a, Signature>;

    /// Computes the shared secret of a key and a peer's key. An implementation has to reject a result
    /// of zero with [`VaultError::WeakKey`].
    fn agree<'a>(&'a self, key: &'a KeyHandle, peer: &'a AgreementKey) -> Answer<'a, Secret<32>>;

    /// Deletes a key. Returns `false` if there was none.
    fn delete_key<'a>(&'a self, key: &'a KeyHandle) -> Answer<'a, bool>;
}

/// Name of a key in a vault. The meaning of its bytes is up to the vault.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHandle(Arc<[u8]>);

impl KeyHandle {
    /// Returns the bytes of the handle, for storage.
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

/// Formats text as text and other bytes in hex.
impl Debug for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match core::str::from_utf8(&self.0) {
            Ok(text) if text.chars().all(|char| char.is_ascii_graphic()) => f.write_str(text),
            _ => self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}
