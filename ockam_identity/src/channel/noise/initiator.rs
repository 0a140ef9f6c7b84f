//! The initiator of the handshake.

use super::symmetric::{Symmetric, Transcript};
use super::{ChannelKeys, KEY_LEN, Protocol, check_len, take_key};
use crate::channel::HandshakeError;
use crate::vault::{AgreementKey, AgreementSecret, Secret, TAG_LEN};
use alloc::vec::Vec;
use core::fmt;

/// State of the initiator after sending message 1, waiting for message 2.
pub struct Initiator {
    protocol: Protocol,
    ephemeral: AgreementSecret,
    transcript: Transcript,
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Initiator").finish_non_exhaustive()
    }
}

impl Initiator {
    /// Creates message 1 with an ephemeral key.
    #[must_use]
    pub fn new(protocol: Protocol, ephemeral: AgreementSecret) -> (Self, Vec<u8>) {
        Self::with_payload(protocol, ephemeral, &[])
    }

    /// As [`new`](Self::new), with a payload after the key, which is not encrypted.
    #[must_use]
    pub fn with_payload(
        protocol: Protocol,
        ephemeral: AgreementSecret,
        payload: &[u8],
    ) -> (Self, Vec<u8>) {
        let mut transcript = Transcript::new(&protocol);
        let key = ephemeral.public().as_bytes();
        let message = [&key[..], payload].concat();
        transcript.mix_hash(key);
        // An empty payload is hashed too.
        transcript.mix_hash(payload);
        (Initiator { protocol, ephemeral, transcript }, message)
    }

    /// Reads message 2. Returns the next state and the responder's payload.
    ///
    /// # Errors
    /// [`HandshakeError`] if the message is not a response to message 1. The initiator can still
    /// read one that is.
    pub fn read(&self, message: &[u8]) -> Result<(Answered, Vec<u8>), HandshakeError> {
        check_len(message)?;
        let (peer_ephemeral, rest) = take_key(message)?;
        let (sealed_key, sealed_payload) = rest
            .split_at_checked(KEY_LEN + TAG_LEN)
            .ok_or(HandshakeError::TooShort(message.len()))?;
        let mut transcript = self.transcript.clone();
        transcript.mix_hash(peer_ephemeral.as_bytes());
        let symmetric = transcript.mix_key(&self.ephemeral.agree(&peer_ephemeral)?);
        let (peer_static, transcript) = symmetric.open(sealed_key)?;
        let (peer_static, _) = take_key(&peer_static)?;
        let symmetric = transcript.mix_key(&self.ephemeral.agree(&peer_static)?);
        let (payload, transcript) = symmetric.open(sealed_payload)?;
        let symmetric = symmetric.behind(transcript);
        let answered = Answered { protocol: self.protocol, peer_ephemeral, peer_static, symmetric };
        Ok((answered, payload))
    }
}

/// State of the initiator after reading message 2 and before writing message 3.
pub struct Answered {
    protocol: Protocol,
    peer_ephemeral: AgreementKey,
    peer_static: AgreementKey,
    symmetric: Symmetric,
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered").finish_non_exhaustive()
    }
}

impl Answered {
    /// Returns the static key that the responder has proved to hold.
    #[must_use]
    pub fn peer_static(&self) -> &AgreementKey {
        &self.peer_static
    }

    /// Returns the responder's ephemeral key, for the agreement with our static key.
    #[must_use]
    pub fn peer_ephemeral(&self) -> &AgreementKey {
        &self.peer_ephemeral
    }

    /// Writes message 3 from our static key, the secret that it and
    /// [`peer_ephemeral`](Self::peer_ephemeral) agree on, and our payload.
    ///
    /// # Errors
    /// [`HandshakeError::TooLong`] if the payload is too long.
    pub fn finish(
        mut self,
        own_static: &AgreementKey,
        agreed: &Secret<32>,
        payload: &[u8],
    ) -> Result<(Vec<u8>, ChannelKeys), HandshakeError> {
        let mut message = Vec::with_capacity(KEY_LEN + payload.len() + 2 * TAG_LEN);
        self.symmetric.seal(own_static.as_bytes(), &mut message)?;
        let mut symmetric = self.symmetric.mix_key(agreed);
        symmetric.seal(payload, &mut message)?;
        check_len(&message)?;
        let keys = ChannelKeys::new(symmetric.split(), !self.protocol.responder_has_first);
        Ok((message, keys))
    }
}
