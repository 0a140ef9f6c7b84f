//! The handshake: the pattern XX of the Noise Protocol Framework, with X25519, AES-256-GCM and
//! SHA-256.
//!
//! It owns the three messages and the keys derived from them. Ockam's protocol has a different name
//! than Noise's and swaps the two keys; both are parameters, so that the same code can be compared
//! with another implementation of Noise. It does not know what the payloads are.
//!
//! A rejected message changes nothing: the same state can read the next one.

mod initiator;
mod responder;
mod symmetric;

pub use initiator::{Answered, Initiator};
pub use responder::{Greeted, Waiting};

use super::HandshakeError;
use crate::vault::{AgreementKey, Secret};

/// Maximum length of a handshake message in bytes, as in every Noise protocol.
pub const MAX_HANDSHAKE_MESSAGE_LEN: usize = 65_535;

/// Length of a public key in bytes.
const KEY_LEN: usize = 32;

/// The name of a Noise protocol, and the assignment of its two keys.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    name: [u8; 32],
    responder_has_first: bool,
}

impl Protocol {
    /// The protocol of Ockam 0.150. The responder encrypts with the first key, unlike in Noise.
    pub const OCKAM: Protocol =
        Protocol { name: *b"OCKAM_XX_25519_AES256_GCM_SHA256", responder_has_first: true };

    /// The same as specified by Noise. Ockam nodes do not use it.
    pub const NOISE: Protocol =
        Protocol { name: *b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0", responder_has_first: false };
}

/// The keys of a channel, one for each direction, as one end sees them.
#[derive(Debug)]
pub struct ChannelKeys {
    /// The key that this end encrypts with.
    pub sending: Secret<32>,
    /// The key that the other end encrypts with.
    pub receiving: Secret<32>,
}

impl ChannelKeys {
    fn new((first, second): (Secret<32>, Secret<32>), sends_with_first: bool) -> Self {
        if sends_with_first {
            ChannelKeys { sending: first, receiving: second }
        } else {
            ChannelKeys { sending: second, receiving: first }
        }
    }
}

/// Splits a public key off the front of a message.
fn take_key(message: &[u8]) -> Result<(AgreementKey, &[u8]), HandshakeError> {
    let (key, rest) = message.split_first_chunk().ok_or(HandshakeError::TooShort(message.len()))?;
    Ok((AgreementKey::from(*key), rest))
}

/// Returns an error for a message that is too long, ours or the peer's.
fn check_len(message: &[u8]) -> Result<(), HandshakeError> {
    let len = message.len();
    if len > MAX_HANDSHAKE_MESSAGE_LEN { Err(HandshakeError::TooLong(len)) } else { Ok(()) }
}
