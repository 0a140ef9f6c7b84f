//! A vault, a store and a clock of the program, each call of which can be made to panic.

use crate::support::MemoryStore;
use ockam_core::Result;
use ockam_identity::store::{Change, Entry, Store, Table};
use ockam_identity::vault::{
    AgreementKey, Answer, KeyHandle, KeyKind, Secret, Signature, SoftwareVault, Vault, VerifyingKey,
};
use ockam_identity::{Clock, Identities, SystemClock};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Where code of the program panics: in a call itself, or after the first await of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Call(&'static str),
    Later(&'static str),
}

/// Makes one call panic, once.
#[derive(Clone, Debug, Default)]
pub(super) struct Fuse(Arc<Mutex<Option<At>>>);

impl Fuse {
    pub(super) fn arm(&self, at: At) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    /// Returns whether nothing has panicked since it was armed.
    pub(super) fn is_armed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn reach(&self, at: At) {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *armed == Some(at) {
            *armed = None;
            drop(armed);
            panic!("{at:?} is broken");
        }
    }
}

/// Answers after an await, and panics where the test says.
#[derive(Debug)]
struct BrokenVault(SoftwareVault, Fuse);

impl BrokenVault {
    fn answer<'a, T: Send + 'a>(
        &'a self,
        call: &'static str,
        answer: impl FnOnce(&'a SoftwareVault) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        self.1.reach(At::Call(call));
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.1.reach(At::Later(call));
            answer(&self.0).await
        })
    }
}

impl Vault for BrokenVault {
    fn create_signing_key(
        &self,
        kind: KeyKind,
        entropy: Secret<32>,
    ) -> Answer<'_, (KeyHandle, VerifyingKey)> {
        self.answer("create_signing_key", move |vault| vault.create_signing_key(kind, entropy))
    }

    fn create_agreement_key(&self, entropy: Secret<32>) -> Answer<'_, (KeyHandle, AgreementKey)> {
        self.answer("create_agreement_key", move |vault| vault.create_agreement_key(entropy))
    }

    fn sign<'a>(&'a self, key: &'a KeyHandle, message: &'a [u8; 32]) -> Answer<'a, Signature> {
        self.answer("sign", move |vault| vault.sign(key, message))
    }

    fn agree<'a>(&'a self, key: &'a KeyHandle, peer: &'a AgreementKey) -> Answer<'a, Secret<32>> {
        self.answer("agree", move |vault| vault.agree(key, peer))
    }

    fn delete_key<'a>(&'a self, key: &'a KeyHandle) -> Answer<'a, bool> {
        self.answer("delete_key", move |vault| vault.delete_key(key))
    }
}

#[derive(Debug)]
struct BrokenStore(MemoryStore, Fuse);

impl Store for BrokenStore {
    fn all(&self, table: Table) -> Result<Vec<Entry>> {
        self.1.reach(At::Call("all"));
        self.0.all(table)
    }

    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        self.1.reach(At::Call("put"));
        self.0.put(table, key, value)
    }

    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()> {
        self.1.reach(At::Call("update"));
        self.0.update(table, key, change)
    }

    fn remove(&self, table: Table, key: &[u8]) -> Result<()> {
        self.1.reach(At::Call("remove"));
        self.0.remove(table, key)
    }
}

struct BrokenClock(Fuse, Arc<AtomicU64>);

impl Clock for BrokenClock {
    fn now(&self) -> u64 {
        self.0.reach(At::Call("now"));
        SystemClock.now() + self.1.load(Ordering::SeqCst)
    }
}

/// Identities with a vault, a store and a clock that panic where the fuse says.
pub(super) struct Broken {
    pub(super) fuse: Fuse,
    pub(super) identities: Identities,
    store: Arc<BrokenStore>,
    /// By how many seconds the clock is ahead.
    pub(super) ahead: Arc<AtomicU64>,
}

impl Broken {
    pub(super) fn new() -> Self {
        let (fuse, ahead) = (Fuse::default(), Arc::new(AtomicU64::new(0)));
        let vault = BrokenVault(SoftwareVault::new(), fuse.clone());
        let clock = BrokenClock(fuse.clone(), ahead.clone());
        let store = Arc::new(BrokenStore(MemoryStore::default(), fuse.clone()));
        let identities = Identities::with_store(vault, clock, store.clone()).unwrap();
        Broken { fuse, identities, store, ahead }
    }

    /// Counts what is in a table of the store.
    pub(super) fn stored(&self, table: Table) -> usize {
        self.store.0.all(table).unwrap().len()
    }

    /// Reads the store again, as at the next start.
    pub(super) fn again(&self) -> Result<Identities> {
        Identities::with_store(SoftwareVault::new(), SystemClock, self.store.clone())
    }
}

impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fuse.fmt(f)
    }
}
