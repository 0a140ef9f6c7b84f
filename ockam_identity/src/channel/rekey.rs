//! Key rotation: each key follows from the previous one and encrypts 32 messages; a leaked key does
//! not reveal earlier ones.

use super::NUMBER_LEN;
use crate::vault::{AeadKey, NONCE_LEN, Secret, VaultError};

/// Number of messages that are encrypted with one key, as in Ockam 0.150.
pub const REKEY_INTERVAL: u64 = 32;

/// The nonce reserved for deriving the next key. No message has this number, and a channel that
/// reaches it has to stop.
pub const LAST_NONCE: u64 = u64::MAX;

/// Returns the generation of the key that encrypts a message.
pub(super) const fn generation(number: u64) -> u64 {
    number / REKEY_INTERVAL
}

/// Derives the next key, as Noise's `REKEY`.
pub(super) fn next_key(key: &AeadKey) -> Result<AeadKey, VaultError> {
    let mut next = Secret::zero();
    key.seal(nonce(LAST_NONCE), &[], next.expose_mut())?;
    Ok(AeadKey::new(&next))
}

/// Returns the nonce for a message number.
pub(super) fn nonce(number: u64) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - NUMBER_LEN..].copy_from_slice(&number.to_be_bytes());
    nonce
}
