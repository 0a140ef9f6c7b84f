//! SHA-256, and keys derived with it (HKDF, RFC 5869).

use super::Secret;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

/// Hashes bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Hashes the concatenation of two byte strings.
pub(crate) fn sha256_of_two(first: &[u8], second: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(first).chain_update(second).finalize().into()
}

/// Derives two keys from a salt and a secret, with empty info.
pub(crate) fn hkdf(salt: &Secret<32>, secret: &[u8]) -> (Secret<32>, Secret<32>) {
    let mut output = Secret::<64>::zero();
    Hkdf::<Sha256>::new(Some(salt.expose()), secret)
        .expand(&[], output.expose_mut())
        .expect("64 bytes are less than the 8,160 that HKDF-SHA256 gives");
    let (mut first, mut second) = (Secret::zero(), Secret::zero());
    let (front, back) = output.expose().split_at(32);
    first.expose_mut().copy_from_slice(front);
    second.expose_mut().copy_from_slice(back);
    (first, second)
}
