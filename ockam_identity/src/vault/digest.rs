//! SHA-256.

use sha2::{Digest, Sha256};

/// Hashes bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
