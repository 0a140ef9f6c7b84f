//! The responder of the handshake.

use super::symmetric::{Symmetric, Transcript};
use super::{ChannelKeys, KEY_LEN, Protocol, check_len, take_key};
use crate::channel::{Features, HandshakeError};
use crate::vault::{AgreementKey, AgreementSecret, Secret, TAG_LEN};
use alloc::vec::Vec;
use core::fmt;

/// State of the responder after reading message 1 and before writing message 2.
pub struct Greeted {
    protocol: Protocol,
    peer_ephemeral: AgreementKey,
    transcript: Transcript,
    offered: Features,
}

impl fmt::Debug for Greeted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Greeted").finish_non_exhaustive()
    }
}

impl Greeted {
    /// Reads message 1. Bytes after the key are a payload, the first of which may hold the features
    /// that the initiator offers.
    ///
    /// # Errors
    /// [`HandshakeError`] if the message is too short or too long.
    pub fn read(protocol: Protocol, message: &[u8]) -> Result<Self, HandshakeError> {
        check_len(message)?;
        let (peer_ephemeral, payload) = take_key(message)?;
        let mut transcript = Transcript::new(&protocol);
        transcript.mix_hash(peer_ephemeral.as_bytes());
        transcript.mix_hash(payload);
        let offered = Features::offered_in(payload);
        Ok(Greeted { protocol, peer_ephemeral, transcript, offered })
    }

    /// Returns the features that the initiator offers.
    #[must_use]
    pub fn offered(&self) -> Features {
        self.offered
    }

    /// Returns the initiator's ephemeral key, for the agreement with our static key.
    #[must_use]
    pub fn peer_ephemeral(&self) -> &AgreementKey {
        &self.peer_ephemeral
    }

    /// Writes message 2 from an ephemeral key, our static key, the secret that it and
    /// [`peer_ephemeral`](Self::peer_ephemeral) agree on, and our payload.
    ///
    /// # Errors
    /// [`HandshakeError`] if the initiator's key is weak or the payload is too long.
    pub fn answer(
        mut self,
        ephemeral: AgreementSecret,
        own_static: &AgreementKey,
        agreed: &Secret<32>,
        payload: &[u8],
    ) -> Result<(Waiting, Vec<u8>), HandshakeError> {
        let mut message = Vec::with_capacity(2 * (KEY_LEN + TAG_LEN) + payload.len());
        message.extend_from_slice(ephemeral.public().as_bytes());
        self.transcript.mix_hash(&message);
        let mut symmetric = self.transcript.mix_key(&ephemeral.agree(&self.peer_ephemeral)?);
        symmetric.seal(own_static.as_bytes(), &mut message)?;
        let mut symmetric = symmetric.mix_key(agreed);
        symmetric.seal(payload, &mut message)?;
        check_len(&message)?;
        Ok((Waiting { protocol: self.protocol, ephemeral, symmetric }, message))
    }
}

/// State of the responder after sending message 2, waiting for message 3.
pub struct Waiting {
    protocol: Protocol,
    ephemeral: AgreementSecret,
    symmetric: Symmetric,
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

impl Waiting {
    /// Reads message 3. Returns the keys of the channel, the static key that the initiator has
    /// proved to hold, and its payload.
    ///
    /// # Errors
    /// [`HandshakeError`] if the message is not by the sender of message 1. The responder can still
    /// read one that is.
    pub fn read(
        &self,
        message: &[u8],
    ) -> Result<(ChannelKeys, AgreementKey, Vec<u8>), HandshakeError> {
        check_len(message)?;
        let (sealed_key, sealed_payload) = message
            .split_at_checked(KEY_LEN + TAG_LEN)
            .ok_or(HandshakeError::TooShort(message.len()))?;
        let (peer_static, transcript) = self.symmetric.open(sealed_key)?;
        let (peer_static, _) = take_key(&peer_static)?;
        let symmetric = transcript.mix_key(&self.ephemeral.agree(&peer_static)?);
        let (payload, transcript) = symmetric.open(sealed_payload)?;
        let keys = symmetric.behind(transcript).split();
        Ok((ChannelKeys::new(keys, self.protocol.responder_has_first), peer_static, payload))
    }
}
