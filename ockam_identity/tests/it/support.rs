//! Shared helpers: vectors as values, and a deterministic random source.

use core::convert::Infallible;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use ockam_core::{Error, ErrorKind, Result};
use ockam_identity::store::{Change, Entry, Store, Table};
use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Reads a file of `docs/vectors`.
pub(crate) fn vectors(name: &str) -> Value {
    let path = format!("{}/../docs/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the items of an array.
pub(crate) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

/// Returns a text.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} is no text"))
}

/// Returns the bytes of a text in hex.
pub(crate) fn bytes(value: &Value, key: &str) -> Vec<u8> {
    unhex(text(value, key))
}

/// Returns the bytes of a text in hex, of which the length is known.
pub(crate) fn array<const N: usize>(value: &Value, key: &str) -> [u8; N] {
    bytes(value, key).try_into().unwrap()
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Returns the output of a future that does not wait.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits"),
    }
}

/// A clock that a test sets.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn new(now: u64) -> Self {
        Clock(Arc::new(AtomicU64::new(now)))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn set(&self, now: u64) {
        self.0.store(now, Ordering::SeqCst);
    }

    pub(crate) fn reader(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let clock = Arc::clone(&self.0);
        move || clock.load(Ordering::SeqCst)
    }
}

/// Draws the same numbers in every run with the same seed.
pub(crate) struct Seeded {
    seed: u64,
    drawn: u64,
}

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Seeded { seed, drawn: 0 }
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| number as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(32) {
            self.drawn += 1;
            let block = Sha256::new()
                .chain_update(self.seed.to_le_bytes())
                .chain_update(self.drawn.to_le_bytes())
                .finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// A store in memory with a capacity set by the test.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore {
    values: Mutex<BTreeMap<Place, Vec<u8>>>,
    is_full: AtomicBool,
}

/// The number of a table and a key in it.
type Place = (usize, Vec<u8>);

impl MemoryStore {
    fn key(table: Table, key: &[u8]) -> Place {
        (Table::ALL.iter().position(|other| *other == table).unwrap(), key.to_vec())
    }

    pub(crate) fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::SeqCst);
    }

    fn values_to_write(&self) -> Result<MutexGuard<'_, BTreeMap<Place, Vec<u8>>>> {
        match self.is_full.load(Ordering::SeqCst) {
            true => Err(Error::with_kind(ErrorKind::Io, "no room")),
            false => Ok(self.values.lock().unwrap()),
        }
    }
}

impl Store for MemoryStore {
    fn all(&self, table: Table) -> Result<Vec<Entry>> {
        let (number, _) = Self::key(table, &[]);
        let values = self.values.lock().unwrap();
        let values = values.iter().filter(|((of, _), _)| *of == number);
        Ok(values.map(|((_, key), value)| (key.clone(), value.clone().into())).collect())
    }

    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        self.values_to_write()?.insert(Self::key(table, key), value.to_vec());
        Ok(())
    }

    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()> {
        let (key, mut values) = (Self::key(table, key), self.values_to_write()?);
        if let Some(value) = change(values.get(&key).map(|value| &value[..]))? {
            values.insert(key, value);
        }
        Ok(())
    }

    fn remove(&self, table: Table, key: &[u8]) -> Result<()> {
        self.values_to_write()?.remove(&Self::key(table, key));
        Ok(())
    }
}
