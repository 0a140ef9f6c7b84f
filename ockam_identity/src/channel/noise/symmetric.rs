//! The symmetric state of the handshake: the transcript hash, and the keys derived from the agreed
//! secrets.

use super::Protocol;
use crate::channel::HandshakeError;
use crate::vault::{AeadKey, NONCE_LEN, Secret, TAG_LEN, hkdf, sha256_of_two};
use alloc::vec::Vec;

/// Noise's symmetric state before the first agreement. It has no key, so nothing is encrypted.
#[derive(Clone)]
pub(super) struct Transcript {
    chaining_key: Secret<32>,
    hash: [u8; 32],
}

impl Transcript {
    /// Creates the state from the name of the protocol and an empty prologue.
    pub(super) fn new(protocol: &Protocol) -> Self {
        let hash = sha256_of_two(&protocol.name, &[]);
        Transcript { chaining_key: Secret::from(protocol.name), hash }
    }

    pub(super) fn mix_hash(&mut self, bytes: &[u8]) {
        self.hash = sha256_of_two(&self.hash, bytes);
    }

    /// Mixes in the first agreed secret, which yields a key.
    pub(super) fn mix_key(&self, agreed: &Secret<32>) -> Symmetric {
        let (chaining_key, key) = hkdf(&self.chaining_key, agreed.expose());
        let transcript = Transcript { chaining_key, hash: self.hash };
        Symmetric { transcript, key: AeadKey::new(&key), number: 0 }
    }
}

/// Noise's symmetric state with a key.
pub(super) struct Symmetric {
    transcript: Transcript,
    key: AeadKey,
    /// Number of uses of the key.
    number: u64,
}

impl Symmetric {
    /// Mixes in another agreed secret.
    pub(super) fn mix_key(&self, agreed: &Secret<32>) -> Self {
        self.transcript.mix_key(agreed)
    }

    /// Appends a part to a message, encrypted.
    pub(super) fn seal(
        &mut self,
        plaintext: &[u8],
        message: &mut Vec<u8>,
    ) -> Result<(), HandshakeError> {
        let start = message.len();
        message.extend_from_slice(plaintext);
        let tag = self.key.seal(self.nonce(), &self.transcript.hash, &mut message[start..])?;
        message.extend_from_slice(&tag);
        self.number += 1;
        self.transcript.mix_hash(&message[start..]);
        Ok(())
    }

    /// Decrypts a part of a message. Returns the transcript that includes the part and leaves the
    /// state unchanged.
    pub(super) fn open(&self, part: &[u8]) -> Result<(Vec<u8>, Transcript), HandshakeError> {
        let (ciphertext, tag) =
            part.split_last_chunk::<TAG_LEN>().ok_or(HandshakeError::TooShort(part.len()))?;
        let mut plaintext = ciphertext.to_vec();
        self.key.open(self.nonce(), &self.transcript.hash, &mut plaintext, *tag)?;
        let mut transcript = self.transcript.clone();
        transcript.mix_hash(part);
        Ok((plaintext, transcript))
    }

    /// Advances the state past a part that was decrypted.
    pub(super) fn behind(self, transcript: Transcript) -> Self {
        Symmetric { transcript, key: self.key, number: self.number + 1 }
    }

    /// Ends the handshake and returns its two keys.
    pub(super) fn split(self) -> (Secret<32>, Secret<32>) {
        hkdf(&self.transcript.chaining_key, &[])
    }

    fn nonce(&self) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        nonce[4..].copy_from_slice(&self.number.to_be_bytes());
        nonce
    }
}
