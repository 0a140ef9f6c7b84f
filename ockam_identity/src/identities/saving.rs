//! Data learnt from peers that is not in the store yet.
//!
//! A full disk does not keep peers out: the data is kept in memory for the lifetime of the process,
//! and written as soon as the store works again. For identities of this node, by contrast, a failed
//! write is an error.

use super::Identities;
use super::record::write_learnt;
use crate::sorted::Map;
use crate::store::{Store, Table};
use alloc::vec::Vec;
use core::mem;
use ockam_core::{Error, Result};

/// Maximum number of values that wait for a store that fails. Further ones are not stored, and are
/// kept only for the lifetime of the process.
pub const MAX_UNSAVED: usize = 32_768;

/// Values by table and key; `None` for a removal.
type Values = Map<(Table, Vec<u8>), Option<Vec<u8>>>;

#[derive(Default)]
pub(super) struct Unsaved {
    values: Values,
    /// A task is writing them.
    is_saving: bool,
    /// Number of consecutive failed attempts.
    failures: u64,
}

impl Unsaved {
    fn insert(&mut self, place: (Table, Vec<u8>), value: Option<Vec<u8>>) {
        if self.values.len() < MAX_UNSAVED || self.values.contains_key(&place) {
            self.values.insert(place, value);
        }
    }

    /// Takes the values to write, unless another task is writing.
    fn begin(&mut self) -> Option<Values> {
        let begins = !self.is_saving && !self.values.is_empty();
        self.is_saving |= begins;
        begins.then(|| mem::take(&mut self.values))
    }
}

impl Identities {
    /// Writes or removes a value, now or when the store works again.
    pub(super) fn save(&self, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        if self.0.store.is_some() {
            self.memory(|memory| memory.unsaved.insert((table, key.to_vec()), value));
            self.save_rest();
        }
    }

    /// Writes the values that could not be written before.
    pub(super) fn save_rest(&self) {
        let Some(store) = &self.0.store else { return };
        // More values may be added during the write.
        while let Some(values) = self.memory(|memory| memory.unsaved.begin()) {
            let mut saving = Saving { identities: self, values };
            let saved = saving.write(&**store);
            drop(saving);
            let failures = self.memory(|memory| count(&mut memory.unsaved.failures, &saved));
            report(&saved, failures);
            if saved.is_err() {
                return;
            }
        }
    }
}

/// Counts failures and returns the previous count.
fn count(failures: &mut u64, saved: &Result<()>) -> u64 {
    let before = *failures;
    *failures = if saved.is_ok() { 0 } else { before.saturating_add(1) };
    before
}

/// Logs once that the store fails, and once that it works again.
fn report(saved: &Result<(), Error>, failures: u64) {
    #[cfg(feature = "node")]
    match saved {
        Err(error) if failures == 0 => {
            let error = crate::program::Shown(error);
            tracing::error!(%error, "data learnt from peers cannot be stored: it is kept in memory until the store works again");
        }
        Ok(()) if failures > 0 => {
            tracing::warn!(
                failures,
                "the store works again and has the data that was kept in memory"
            );
        }
        _ => {}
    }
    #[cfg(not(feature = "node"))]
    let _ = (saved, failures);
}

/// Values that are being written. On drop, the remaining ones are queued again.
struct Saving<'a> {
    identities: &'a Identities,
    values: Values,
}

impl Saving<'_> {
    fn write(&mut self, store: &dyn Store) -> Result<()> {
        while let Some(((table, key), value)) = self.values.first_key_value() {
            write_learnt(store, *table, key, value.as_deref())?;
            self.values.pop_first();
        }
        Ok(())
    }
}

impl Drop for Saving<'_> {
    fn drop(&mut self) {
        let left = mem::take(&mut self.values);
        self.identities.memory(|memory| {
            let unsaved = &mut memory.unsaved;
            unsaved.is_saving = false;
            // A value added in the meantime is newer.
            for (place, value) in mem::replace(&mut unsaved.values, left) {
                unsaved.insert(place, value);
            }
        });
    }
}
