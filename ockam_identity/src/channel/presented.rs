//! The handshake payload with which each side presents its identity.

use super::{Features, HandshakeError};
use crate::codec::{Structure, read_list, write_list};
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identity::{ChangeHistory, Identity};
use crate::purpose_key::{Attestation, AttestationError, PurposeKey};
use crate::vault::AgreementKey;
use alloc::vec::Vec;
use ockam_core::cbor::{CborError, Reader, write_array, write_unsigned};

/// The payload of messages 2 and 3 of the handshake: the sender's identity, the attestation of its
/// static key, and its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityAndCredentials {
    /// The history of the identity's keys.
    pub change_history: ChangeHistory,
    /// The attestation that the static key of the handshake belongs to the identity.
    pub purpose_key_attestation: Attestation,
    /// The credentials of the identity.
    pub credentials: Vec<CredentialAndPurposeKey>,
    /// In message 2, the offered features that the responder supports. An empty set is not written,
    /// and anything but a number from 0 to 255 is read as an empty set.
    pub features: Features,
}

impl IdentityAndCredentials {
    /// Verifies that the static key proved by the handshake belongs to an identity, and returns the
    /// identity, which the caller should remember. Credentials are not verified.
    ///
    /// `known` returns the identity as remembered by this node: if it has not changed since, its
    /// history is not verified again. `now` is in seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`HandshakeError`] if the payload is not valid.
    pub fn verify(
        &self,
        static_key: &AgreementKey,
        known: impl FnOnce(&Identifier) -> Option<Identity>,
        now: u64,
    ) -> Result<Identity, HandshakeError> {
        let known = self.change_history.identifier().as_ref().and_then(known);
        let identity = Identity::learn(&self.change_history, known.as_ref())
            .map_err(HandshakeError::Identity)?;
        let attested = self.purpose_key_attestation.verify(&identity, now);
        match attested.map_err(HandshakeError::Attestation)?.public_key {
            PurposeKey::SecureChannel(key) if key == *static_key => Ok(identity),
            _ => Err(HandshakeError::Attestation(AttestationError::OtherKey)),
        }
    }
}

impl Structure for IdentityAndCredentials {
    fn write(&self, buffer: &mut Vec<u8>) {
        let has_features = self.features != Features::NONE;
        write_array(buffer, 3 + usize::from(has_features));
        self.change_history.write(buffer);
        self.purpose_key_attestation.write(buffer);
        write_list(buffer, &self.credentials);
        if has_features {
            write_unsigned(buffer, self.features.bits().into());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut fields = reader.array("an identity with credentials")?;
        reader.require(&mut fields, "the change history")?;
        let change_history = ChangeHistory::read(reader)?;
        reader.require(&mut fields, "the attestation")?;
        let purpose_key_attestation = Attestation::read(reader)?;
        reader.require(&mut fields, "the credentials")?;
        let credentials = read_list(reader, "the credentials")?;
        let features =
            if reader.has_next(&mut fields)? { read_features(reader)? } else { Features::NONE };
        reader.skip_rest(&mut fields)?;
        Ok(IdentityAndCredentials {
            change_history,
            purpose_key_attestation,
            credentials,
            features,
        })
    }
}

/// Reads the element that Ockam 0.150 skips; any type is accepted.
fn read_features(reader: &mut Reader<'_>) -> Result<Features, CborError> {
    let bits = reader.clone().unsigned("the features").ok();
    reader.skip_item()?;
    let bits = bits.and_then(|bits| u8::try_from(bits).ok());
    Ok(bits.map_or(Features::NONE, Features::from_bits))
}
