//! Public halves of signing keys.

use super::{Signature, VaultError, p256};
use core::fmt;
use ed25519_dalek as ed25519;

/// Kind of a signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519, the default for new keys.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, for key services that lack Ed25519.
    P256,
}

/// Public half of a signing key, which verifies signatures.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VerifyingKey {
    /// A point of Ed25519, compressed.
    Ed25519([u8; 32]),
    /// A point of P-256, uncompressed: `04`, x, y.
    P256([u8; 65]),
}

impl VerifyingKey {
    /// Returns the kind of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Ed25519(_) => KeyKind::Ed25519,
            Self::P256(_) => KeyKind::P256,
        }
    }

    /// Returns the encoding of the key on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Ed25519(bytes) => bytes,
            Self::P256(bytes) => bytes,
        }
    }

    /// Verifies a signature over a message.
    ///
    /// ECDSA signatures are accepted with a low and with a high `s`.
    ///
    /// # Errors
    /// [`VaultError`] if the signature is not by this key.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), VaultError> {
        match (self, signature) {
            (Self::Ed25519(key), Signature::Ed25519(signature)) => {
                verify_ed25519(key, message, signature)
            }
            (Self::P256(key), Signature::P256(signature)) => p256::verify(key, message, signature),
            _ => Err(VaultError::OtherKind),
        }
    }
}

/// Verifies strictly: only the canonical encoding of a signature is accepted.
fn verify_ed25519(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), VaultError> {
    ed25519::VerifyingKey::from_bytes(key)
        .map_err(|_| VaultError::InvalidKey("an Ed25519 key"))?
        .verify_strict(message, &ed25519::Signature::from_bytes(signature))
        .map_err(|_| VaultError::InvalidSignature)
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}(", self.kind())?;
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}
