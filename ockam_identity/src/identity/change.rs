//! One change of an identity's key, and the history of changes.

use super::error::ChangeError;
use crate::codec::{Structure, read_list, read_optional_hash, write_list, write_optional_hash};
use crate::identifier::{ChangeHash, Identifier};
use crate::signed::{self, DataType};
use crate::vault::{Signature, VerifyingKey, sha256};
use alloc::vec::Vec;
use core::fmt;
use ockam_core::cbor::{
    CborError, Reader, write_array, write_boolean, write_bytes, write_unsigned,
};

/// Maximum number of changes in the history of an identity. A longer one is rejected before any of
/// its signatures is verified: each change costs two verifications, about 90 microseconds. Ockam
/// 0.150 has no limit but that of a handshake message, and its identities have few changes.
pub const MAX_HISTORY_CHANGES: usize = 100;

/// Maximum length of the encoded history of an identity in bytes: that of a handshake message, since
/// a longer one could not be presented to peers.
pub const MAX_HISTORY_LEN: usize = 65_535;

const HISTORY: &str = "a change history";
const NUMBER: &str = "the number of changes of the history";
const LENGTH: &str = "the length of the history";

/// The content of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeData {
    /// The hash of the previous change; `None` in the first.
    pub previous_change: Option<ChangeHash>,
    /// The identity's key from this change on.
    pub primary_public_key: VerifyingKey,
    /// An informational flag. Every new key voids the attestations by the previous one, for any value.
    pub revoke_all_purpose_keys: bool,
    /// The earliest time at which the key attests, in seconds since 1970 UTC.
    pub attestations_valid_from: u64,
    /// The time until which attestations by the key can be valid, in seconds since 1970 UTC.
    pub attestations_valid_until: u64,
}

impl Structure for ChangeData {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 5);
        write_optional_hash(buffer, self.previous_change.as_ref().map(ChangeHash::as_bytes));
        self.primary_public_key.write(buffer);
        write_boolean(buffer, self.revoke_all_purpose_keys);
        write_unsigned(buffer, self.attestations_valid_from);
        write_unsigned(buffer, self.attestations_valid_until);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const PREVIOUS: &str = "the hash of the previous change";
        const KEY: &str = "the primary public key";
        const REVOKE: &str = "the revocation of purpose keys";
        const FROM: &str = "the beginning of attestations";
        const UNTIL: &str = "the end of attestations";
        let mut fields = reader.array("a change")?;
        reader.require(&mut fields, PREVIOUS)?;
        let previous_change = read_optional_hash(reader, PREVIOUS)?.map(ChangeHash::from);
        reader.require(&mut fields, KEY)?;
        let primary_public_key = VerifyingKey::read(reader)?;
        reader.require(&mut fields, REVOKE)?;
        let revoke_all_purpose_keys = reader.boolean(REVOKE)?;
        reader.require(&mut fields, FROM)?;
        let attestations_valid_from = reader.unsigned(FROM)?;
        reader.require(&mut fields, UNTIL)?;
        let attestations_valid_until = reader.unsigned(UNTIL)?;
        reader.skip_rest(&mut fields)?;
        Ok(ChangeData {
            previous_change,
            primary_public_key,
            revoke_all_purpose_keys,
            attestations_valid_from,
            attestations_valid_until,
        })
    }
}

/// A change with the signatures of its key and of the previous key, unverified.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    data: Vec<u8>,
    signature: Signature,
    previous_signature: Option<Signature>,
}

impl Change {
    pub(super) fn new(
        data: Vec<u8>,
        signature: Signature,
        previous_signature: Option<Signature>,
    ) -> Self {
        Change { data, signature, previous_signature }
    }

    /// Returns the bytes that are signed.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Verifies the change, whose hash is `hash`, against the previous change.
    pub(super) fn verify(
        &self,
        hash: &ChangeHash,
        before: Option<(&ChangeData, &ChangeHash)>,
    ) -> Result<ChangeData, ChangeError> {
        let data = self.follow(hash, before)?;
        let key = &data.primary_public_key;
        key.verify(hash.as_bytes(), &self.signature).map_err(ChangeError::Signature)?;
        // A previous signature on the first change has no signer and is ignored.
        if let Some((before, _)) = before {
            let previous =
                self.previous_signature.as_ref().ok_or(ChangeError::NoPreviousSignature)?;
            let key = &before.primary_public_key;
            key.verify(hash.as_bytes(), previous).map_err(ChangeError::PreviousSignature)?;
        }
        Ok(data)
    }

    /// Decodes the change, if it follows from the previous one. Its signatures are not verified.
    pub(super) fn follow(
        &self,
        _: &ChangeHash,
        before: Option<(&ChangeData, &ChangeHash)>,
    ) -> Result<ChangeData, ChangeError> {
        let data: ChangeData = signed::unwrap(&self.data, DataType::Change)?;
        if data.previous_change.as_ref() != before.map(|(_, hash)| hash) {
            return Err(ChangeError::PreviousChange);
        }
        if before.is_some_and(|(before, _)| {
            data.attestations_valid_from < before.attestations_valid_from
        }) {
            return Err(ChangeError::ValidFrom);
        }
        Ok(data)
    }
}

impl Structure for Change {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 2 + usize::from(self.previous_signature.is_some()));
        write_bytes(buffer, &self.data);
        self.signature.write(buffer);
        if let Some(signature) = &self.previous_signature {
            signature.write(buffer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut fields = reader.array("a signed change")?;
        reader.require(&mut fields, "the change")?;
        let data = reader.bytes("the change")?.to_vec();
        reader.require(&mut fields, "the signature")?;
        let signature = Signature::read(reader)?;
        let mut previous_signature = None;
        if reader.has_next(&mut fields)? {
            if !reader.take_null() {
                previous_signature = Some(Signature::read(reader)?);
            }
            reader.skip_rest(&mut fields)?;
        }
        Ok(Change { data, signature, previous_signature })
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({} bytes)", self.data.len())
    }
}

/// The changes of an identity, oldest first, unverified.
/// [`Identity::verify`](super::Identity::verify) verifies them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeHistory(Vec<Change>);

impl ChangeHistory {
    pub(super) fn new(changes: Vec<Change>) -> Self {
        ChangeHistory(changes)
    }

    /// Returns the identifier of the claimed identity; `None` if there is no change.
    #[must_use]
    pub fn identifier(&self) -> Option<Identifier> {
        self.0.first().map(|change| Identifier::from(sha256(&change.data)))
    }

    /// Returns the hash of each change.
    pub(super) fn hashes(&self) -> Vec<ChangeHash> {
        self.0.iter().map(|change| ChangeHash::from(sha256(&change.data))).collect()
    }

    /// Decodes a history that this node stored, without a limit of its length.
    pub(crate) fn read_stored(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        read_list(reader, HISTORY).map(ChangeHistory)
    }

    /// Returns the changes, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0
    }
}

impl Structure for ChangeHistory {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_list(buffer, &self.0);
    }

    /// Rejects more than [`MAX_HISTORY_CHANGES`] and more than [`MAX_HISTORY_LEN`] bytes.
    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let begin = reader.offset();
        let mut elements = reader.array(HISTORY)?;
        let mut changes = Vec::new();
        while reader.has_next(&mut elements)? {
            if changes.len() == MAX_HISTORY_CHANGES {
                return Err(too_large(begin, NUMBER, changes.len() + 1, MAX_HISTORY_CHANGES));
            }
            changes.push(Change::read(reader)?);
            let len = reader.offset() - begin;
            if len > MAX_HISTORY_LEN {
                return Err(too_large(begin, LENGTH, len, MAX_HISTORY_LEN));
            }
        }
        Ok(ChangeHistory(changes))
    }
}

fn too_large(offset: usize, part: &'static str, value: usize, limit: usize) -> CborError {
    CborError::TooLarge { offset, part, value: value as u64, limit: limit as u64 }
}
