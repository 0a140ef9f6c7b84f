//! ECDSA over P-256 with SHA-256: verification by `ring` or `p256`, signing by `p256`. Without
//! either, as on a small board, signatures of such keys are rejected.
//!
//! `ring` cannot derive a public key from a secret one, and draws its own random numbers.

use super::VaultError;

#[cfg(any(feature = "p256", feature = "ring"))]
const P256: &str = "an uncompressed P-256 key";

/// Returns the error of a program without P-256.
#[cfg(not(any(feature = "p256", feature = "ring")))]
pub(super) fn verify(_: &[u8; 65], _: &[u8], _: &[u8; 64]) -> Result<(), VaultError> {
    Err(VaultError::Unsupported("signatures of P-256 keys"))
}

/// Verifies a signature, with a low or a high `s`.
#[cfg(any(feature = "p256", feature = "ring"))]
pub(super) fn verify(
    key: &[u8; 65],
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), VaultError> {
    // Other encodings of a point have other first bytes.
    if key[0] != 4 {
        return Err(VaultError::InvalidKey(P256));
    }
    verify_with_point(key, message, signature)
}

#[cfg(feature = "ring")]
fn verify_with_point(
    key: &[u8; 65],
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), VaultError> {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
        .verify(message, signature)
        .map_err(|_| VaultError::InvalidSignature)
}

#[cfg(all(feature = "p256", not(feature = "ring")))]
fn verify_with_point(
    key: &[u8; 65],
    message: &[u8],
    signature: &[u8; 64],
) -> Result<(), VaultError> {
    use p256::ecdsa::signature::Verifier;
    use p256::ecdsa::{Signature, VerifyingKey};

    let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| VaultError::InvalidKey(P256))?;
    Signature::from_slice(signature)
        .and_then(|signature| key.verify(message, &signature))
        .map_err(|_| VaultError::InvalidSignature)
}

/// The secret half of a key in this process's memory, wiped on drop.
#[cfg(feature = "p256")]
pub(super) struct SigningKey(p256::ecdsa::SigningKey);

#[cfg(feature = "p256")]
impl SigningKey {
    /// Creates a key from a scalar. All but one in four billion of the 32-byte strings are valid
    /// scalars.
    pub(super) fn new(secret: &super::Secret<32>) -> Result<Self, VaultError> {
        p256::ecdsa::SigningKey::from_slice(secret.expose())
            .map(SigningKey)
            .map_err(|_| VaultError::InvalidKey("a P-256 scalar"))
    }

    pub(super) fn public(&self) -> [u8; 65] {
        let point = self.0.verifying_key().to_sec1_point(false);
        point.as_bytes().try_into().expect("an uncompressed point has 65 bytes")
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        use p256::ecdsa::signature::Signer;

        let signature: p256::ecdsa::Signature = self.0.sign(message);
        signature.to_bytes().into()
    }
}
