//! The keys that follow from a key, so that one that leaks opens 32 messages and no earlier ones.

use super::NUMBER_LEN;
use crate::vault::{AeadKey, NONCE_LEN, Secret, VaultError};

/// How many messages are encrypted with one key, as in Ockam 0.150.
pub const REKEY_INTERVAL: u64 = 32;

/// The number that no message has: it is for making the next key. A channel that has sent so many
/// messages has to stop.
pub const LAST_NONCE: u64 = u64::MAX;

/// Returns which key of the chain a message is encrypted with.
pub(super) const fn generation(number: u64) -> u64 {
    number / REKEY_INTERVAL
}

/// Makes the key that follows, as Noise does.
pub(super) fn next_key(key: &AeadKey) -> Result<AeadKey, VaultError> {
    let mut next = Secret::zero();
    key.seal(nonce(LAST_NONCE), &[], next.expose_mut())?;
    Ok(AeadKey::new(&next))
}

/// Makes the nonce of a message's number.
pub(super) fn nonce(number: u64) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - NUMBER_LEN..].copy_from_slice(&number.to_be_bytes());
    nonce
}
