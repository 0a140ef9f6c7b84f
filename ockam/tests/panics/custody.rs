//! The vault, the store, the clock and the trust policy of the program.

use crate::fuse::{OnDrop, Point};
use ockam::Result;
use ockam::access_control::Authorization;
use ockam::identity::store::{Change, Entry, Store, Table};
use ockam::identity::{Clock, EARLIEST_TIME, Identifier, Identities, TrustPolicy};
use ockam::vault::{
    AgreementKey, Answer, KeyHandle, KeyKind, Secret, Signature, SoftwareVault, Vault, VerifyingKey,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// The time when a clock begins.
pub(crate) const BEGUN: u64 = EARLIEST_TIME + 1_000_000;

/// Makes identities with all of them. What is stored survives.
pub(crate) fn identities(store: &Arc<MemoryStore>) -> Result<Identities> {
    let vault = SoftwareVault::stored(store.clone())
        .map_err(|why| ockam::Error::msg(format!("{why:?}")))?;
    Identities::with_store(OwnVault(vault), OwnClock(Instant::now()), store.clone())
}

#[derive(Debug)]
struct OwnVault(SoftwareVault);

impl OwnVault {
    fn answer<'a, T: Send + 'a>(
        &'a self,
        now: Point,
        later: Point,
        answer: impl FnOnce(&'a SoftwareVault) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        now.reach();
        Box::pin(async move {
            later.reach_later().await;
            answer(&self.0).await
        })
    }
}

impl Vault for OwnVault {
    fn create_signing_key(
        &self,
        kind: KeyKind,
        entropy: Secret<32>,
    ) -> Answer<'_, (KeyHandle, VerifyingKey)> {
        let (now, later) = (Point::VaultCreateSigningKey, Point::VaultCreateSigningKeyLater);
        self.answer(now, later, move |vault| vault.create_signing_key(kind, entropy))
    }

    fn create_agreement_key(&self, entropy: Secret<32>) -> Answer<'_, (KeyHandle, AgreementKey)> {
        let (now, later) = (Point::VaultCreateAgreementKey, Point::VaultCreateAgreementKeyLater);
        self.answer(now, later, move |vault| vault.create_agreement_key(entropy))
    }

    fn sign<'a>(&'a self, key: &'a KeyHandle, message: &'a [u8; 32]) -> Answer<'a, Signature> {
        self.answer(Point::VaultSign, Point::VaultSignLater, move |vault| vault.sign(key, message))
    }

    fn agree<'a>(&'a self, key: &'a KeyHandle, peer: &'a AgreementKey) -> Answer<'a, Secret<32>> {
        self.answer(Point::VaultAgree, Point::VaultAgreeLater, move |vault| vault.agree(key, peer))
    }

    fn delete_key<'a>(&'a self, key: &'a KeyHandle) -> Answer<'a, bool> {
        self.answer(Point::VaultDelete, Point::VaultDeleteLater, move |vault| vault.delete_key(key))
    }
}

/// Keeps values in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore(Mutex<Values>);

/// Values by table and key.
type Values = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

impl MemoryStore {
    fn with<R>(&self, f: impl FnOnce(&mut Values) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for MemoryStore {
    fn all(&self, table: Table) -> Result<Vec<Entry>> {
        Point::StoreAll.reach();
        Ok(self.with(|values| {
            let values = values.iter().filter(|((of, _), _)| *of == table);
            values.map(|((_, key), value)| (key.clone(), value.clone().into())).collect()
        }))
    }

    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        Point::StorePut.reach();
        self.with(|values| values.insert((table, key.to_vec()), value.to_vec()));
        Ok(())
    }

    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()> {
        Point::StoreUpdate.reach();
        self.with(|values| {
            let key = (table, key.to_vec());
            if let Some(value) = change(values.get(&key).map(|value| &value[..]))? {
                values.insert(key, value);
            }
            Ok(())
        })
    }

    fn remove(&self, table: Table, key: &[u8]) -> Result<()> {
        Point::StoreRemove.reach();
        self.with(|values| values.remove(&(table, key.to_vec())));
        Ok(())
    }
}

/// Goes on with the runtime's time.
struct OwnClock(Instant);

impl Clock for OwnClock {
    fn now(&self) -> u64 {
        Point::Clock.reach();
        BEGUN + self.0.elapsed().as_secs()
    }
}

/// Trusts everyone, after a while.
#[derive(Debug)]
pub(crate) struct Policy {
    _held: Option<OnDrop>,
}

impl Policy {
    pub(crate) fn new() -> Self {
        Policy { _held: None }
    }

    /// That of a listener, which goes on until the stop.
    pub(crate) fn resident() -> Self {
        Policy { _held: Some(OnDrop(Point::DropPolicy)) }
    }
}

impl TrustPolicy for Policy {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        Point::TrustPolicy.reach();
        Authorization::Later(Box::pin(async {
            Point::TrustPolicyLater.reach_later().await;
            Ok(true)
        }))
    }
}
