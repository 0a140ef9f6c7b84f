//! The encoding of the stored state, and reading it at start-up.

use super::attribute_cache::CachedAttributes;
use super::own_identity::{AttestedKey, OwnIdentity};
use super::{Identities, Memory};
use crate::codec::Structure;
use crate::credential::{Attributes, CredentialAndPurposeKey};
use crate::identifier::{ChangeHash, Identifier};
use crate::identity::{ChangeHistory, Identity, IdentityError};
use crate::purpose_key::Attestation;
use crate::store::{Store, Table};
use crate::vault::KeyHandle;
use alloc::format;
use alloc::vec::Vec;
use core::error::Error as StdError;
use ockam_core::cbor::{CborError, Reader, write_array, write_bytes, write_null, write_unsigned};
use ockam_core::{Error, ErrorKind, Result};

/// An identity of this node.
struct OwnRecord {
    history: ChangeHistory,
    key: KeyHandle,
    purpose_keys: [Option<AttestedKey>; 2],
}

impl Structure for OwnRecord {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 4);
        self.history.write(buffer);
        write_bytes(buffer, self.key.as_bytes());
        for purpose_key in &self.purpose_keys {
            match purpose_key {
                Some((key, attestation)) => {
                    write_array(buffer, 2);
                    write_bytes(buffer, key.as_bytes());
                    attestation.write(buffer);
                }
                None => write_null(buffer),
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const KEY: &str = "the handle of a key";
        let mut fields = reader.array("an identity of this node")?;
        reader.require(&mut fields, "the change history")?;
        let history = ChangeHistory::read_stored(reader)?;
        reader.require(&mut fields, KEY)?;
        let key = KeyHandle::from(reader.bytes(KEY)?);
        let mut purpose_keys = [None, None];
        for purpose_key in &mut purpose_keys {
            reader.require(&mut fields, "a purpose key")?;
            if reader.take_null() {
                continue;
            }
            let mut parts = reader.array("a purpose key")?;
            reader.require(&mut parts, KEY)?;
            let key = KeyHandle::from(reader.bytes(KEY)?);
            reader.require(&mut parts, "the attestation")?;
            *purpose_key = Some((key, Attestation::read(reader)?));
            reader.skip_rest(&mut parts)?;
        }
        reader.skip_rest(&mut fields)?;
        Ok(OwnRecord { history, key, purpose_keys })
    }
}

/// Attributes and their times. `None` for a record of an earlier version, which lacks the time of
/// creation: its subject has to present its credential again.
struct AttributesRecord(Option<CachedAttributes>);

impl Structure for AttributesRecord {
    fn write(&self, buffer: &mut Vec<u8>) {
        if let Some(entry) = &self.0 {
            write_array(buffer, 4);
            write_unsigned(buffer, entry.expires_at);
            entry.attributes.write(buffer);
            write_unsigned(buffer, entry.created_at);
            write_bytes(buffer, entry.issuer_change.as_bytes());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const CHANGE: &str = "the latest change of the authority";
        let mut fields = reader.array("stored attributes")?;
        reader.require(&mut fields, "the time of expiry")?;
        let expires_at = reader.unsigned("the time of expiry")?;
        reader.require(&mut fields, "the attributes")?;
        let attributes = Attributes::read(reader)?;
        if !reader.has_next(&mut fields)? {
            return Ok(AttributesRecord(None));
        }
        let created_at = reader.unsigned("the time of creation")?;
        reader.require(&mut fields, CHANGE)?;
        let issuer_change = ChangeHash::from(*reader.byte_array(CHANGE)?);
        reader.skip_rest(&mut fields)?;
        Ok(AttributesRecord(Some(CachedAttributes {
            attributes,
            created_at,
            expires_at,
            issuer_change,
        })))
    }
}

/// Returns two identifiers as one key.
fn pair_key((first, second): &(Identifier, Identifier)) -> [u8; 64] {
    let mut key = [0; 64];
    key[..32].copy_from_slice(first.as_bytes());
    key[32..].copy_from_slice(second.as_bytes());
    key
}

fn pair(key: &[u8]) -> Option<(Identifier, Identifier)> {
    let (first, second) = key.split_at_checked(32)?;
    let [first, second] = [first, second].map(|bytes| <[u8; 32]>::try_from(bytes).ok());
    Some((first?.into(), second?.into()))
}

/// Returns the error for corrupt data in the store.
fn damaged(table: Table, why: impl StdError + Send + Sync + 'static) -> Error {
    Error::with_kind(ErrorKind::Io, why).add_context(format!("reading the stored {table:?}"))
}

/// Returns the error for an identity changed through two independent handles to one store.
fn changed_elsewhere(identifier: &Identifier) -> Error {
    Error::with_text(ErrorKind::Failed, || {
        format!(
            "another writer of the store has changed {identifier} since it was read: open a store \
             once and share the handle"
        )
    })
}

/// Reads the whole store.
pub(super) fn load(store: &dyn Store) -> Result<Memory> {
    let mut memory = Memory::default();
    for (_, value) in store.all(Table::Own)? {
        let record = OwnRecord::decode(&value).map_err(|why| damaged(Table::Own, why))?;
        let identity = Identity::verify(record.history, None);
        let identity = identity.map_err(|why| damaged(Table::Own, why))?;
        let identifier = *identity.identifier();
        let own = OwnIdentity::restored(identity, record.key, record.purpose_keys);
        memory.own.insert(identifier, own);
    }
    for (_, value) in store.all(Table::Known)? {
        let identity = stored_identity(&value).map_err(|why| damaged(Table::Known, why))?;
        memory.known.pin(identity.identifier());
        // If it is stored twice, the longer history wins.
        let _ = memory.known.remember(&identity);
    }
    load_met(store, &mut memory)?;
    for (key, value) in store.all(Table::Attributes)? {
        let record =
            AttributesRecord::decode(&value).map_err(|why| damaged(Table::Attributes, why))?;
        if let Some((pair, entry)) = pair(&key).zip(record.0) {
            memory.attributes.insert(pair, entry);
        }
    }
    for (key, value) in store.all(Table::Credentials)? {
        let credential = CredentialAndPurposeKey::decode(&value)
            .map_err(|why| damaged(Table::Credentials, why))?;
        if let Some(pair) = pair(&key) {
            memory.credentials.insert(pair, credential);
        }
    }
    Ok(memory)
}

/// Reads a history that was verified before it was stored.
fn stored_identity(value: &[u8]) -> Result<Identity, IdentityError> {
    Identity::restore(ChangeHistory::read_stored(&mut Reader::new(value))?)
}

/// Reads the strangers. One that cannot be read, or exceeds the limits, is removed: data from peers
/// must not keep a node from starting.
fn load_met(store: &dyn Store, memory: &mut Memory) -> Result<()> {
    for (key, value) in store.all(Table::Met)? {
        let Ok(identity) = stored_identity(&value) else {
            store.remove(Table::Met, &key)?;
            continue;
        };
        match memory.known.remember(&identity) {
            Ok(remembered) if remembered.is_pinned => {
                // It was pinned, but the node stopped before this record was removed.
                store.put(Table::Known, &key, &value)?;
                store.remove(Table::Met, &key)?;
            }
            Ok(remembered) => {
                for forgotten in remembered.forgotten {
                    store.remove(Table::Met, forgotten.as_bytes())?;
                }
            }
            Err(_) => store.remove(Table::Met, &key)?,
        }
    }
    Ok(())
}

/// Write-through; without a store these are no-ops.
impl Identities {
    /// Writes an identity of this node, if the stored history has as many changes as the state that
    /// it was derived from.
    pub(super) fn store_own(&self, before: Option<&OwnIdentity>, own: &OwnIdentity) -> Result<()> {
        let Some(store) = &self.0.store else { return Ok(()) };
        let identifier = own.identity.identifier();
        let record = OwnRecord {
            history: own.identity.history().clone(),
            key: own.key.clone(),
            purpose_keys: own.purpose_keys().map(Option::<&AttestedKey>::cloned),
        };
        let expected = before.map_or(0, |own| own.identity.history().changes().len());
        store.update(Table::Own, identifier.as_bytes(), &mut |stored| {
            let Some(stored) = stored else { return Ok(Some(record.encode())) };
            let stored = OwnRecord::decode(stored).map_err(|why| damaged(Table::Own, why))?;
            if stored.history.changes().len() == expected {
                Ok(Some(record.encode()))
            } else {
                Err(changed_elsewhere(identifier))
            }
        })
    }

    pub(super) fn store_known(&self, table: Table, identity: &Identity) -> Result<()> {
        self.put(table, identity.identifier().as_bytes(), identity.history())
    }

    pub(super) fn forget_met(&self, identifier: &Identifier) -> Result<()> {
        self.remove(Table::Met, identifier.as_bytes())
    }

    pub(super) fn store_attributes(
        &self,
        pair: &(Identifier, Identifier),
        entry: CachedAttributes,
    ) -> Result<()> {
        let record = AttributesRecord(Some(entry));
        self.put(Table::Attributes, &pair_key(pair), &record)
    }

    pub(super) fn forget_attributes(&self, pair: &(Identifier, Identifier)) -> Result<()> {
        self.remove(Table::Attributes, &pair_key(pair))
    }

    pub(super) fn store_credential(
        &self,
        pair: &(Identifier, Identifier),
        credential: &CredentialAndPurposeKey,
    ) -> Result<()> {
        self.put(Table::Credentials, &pair_key(pair), credential)
    }

    fn put(&self, table: Table, key: &[u8], value: &impl Structure) -> Result<()> {
        self.save(table, key, Some(value.encode()));
        Ok(())
    }

    fn remove(&self, table: Table, key: &[u8]) -> Result<()> {
        self.save(table, key, None);
        Ok(())
    }
}

/// Writes a value, or removes it if it is `None`. A history does not replace a longer one: of two
/// that are learnt at the same time, the shorter may be written second.
pub(super) fn write_learnt(
    store: &dyn Store,
    table: Table,
    key: &[u8],
    value: Option<&[u8]>,
) -> Result<()> {
    let Some(value) = value else { return store.remove(table, key) };
    if !matches!(table, Table::Known | Table::Met) {
        return store.put(table, key, value);
    }
    let changes = |value: &[u8]| {
        let history = ChangeHistory::read_stored(&mut Reader::new(value));
        history.map_or(0, |history| history.changes().len())
    };
    store.update(table, key, &mut |stored| {
        let is_longer = stored.is_some_and(|stored| changes(stored) > changes(value));
        Ok((!is_longer).then(|| value.to_vec()))
    })
}
