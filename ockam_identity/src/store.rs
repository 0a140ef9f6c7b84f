//! Persistent state: keys and values in tables, written through.
//!
//! It owns the trait, and a file store with the feature `file-store`. It does not know what the
//! values mean: `identities` and the software vault do.

#[cfg(feature = "file-store")]
mod file;

#[cfg(feature = "file-store")]
pub use file::{FORMAT_VERSION, FileStore, REOPEN_INTERVAL};

use alloc::vec::Vec;
use core::fmt::Debug;
use ockam_core::Result;
use zeroize::Zeroizing;

/// Table of a store. Keys are unique within a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Table {
    /// Secret keys of the software vault, by their handles.
    Secrets,
    /// Identities of this node, with handles and attestations of their keys, by their names.
    Own,
    /// Histories of other identities that are never forgotten, by their names.
    Known,
    /// Histories of a bounded number of identities that were met, by their names.
    Met,
    /// Verified attributes, by subject and authority.
    Attributes,
    /// Credentials of identities of this node, by subject and issuer.
    Credentials,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 6] = [
        Table::Secrets,
        Table::Own,
        Table::Known,
        Table::Met,
        Table::Attributes,
        Table::Credentials,
    ];
}

/// A key and its value, wiped on drop.
pub type Entry = (Vec<u8>, Zeroizing<Vec<u8>>);

/// Function that derives a new value from the stored one; see [`Store::update`].
pub type Change<'a> = dyn FnMut(Option<&[u8]>) -> Result<Option<Vec<u8>>> + 'a;

/// Storage for persistent state.
///
/// Everything is read once at start-up and written when it changes: a call returns once the written
/// data survives a crash of the process and of the machine. Calls may block for some milliseconds;
/// they are rare.
pub trait Store: Debug + Send + Sync + 'static {
    /// Returns all entries of a table.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if it cannot be read.
    fn all(&self, table: Table) -> Result<Vec<Entry>>;

    /// Writes a value atomically, replacing an earlier one with the same key.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if it cannot be written.
    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()>;

    /// Replaces a value by the result of `change`, without another write in between. `change` gets
    /// `None` if there is no value; if it returns `None` or an error, nothing is written. It must
    /// not call the store.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if the value cannot be read or written, and the error of
    /// `change`.
    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()>;

    /// Removes a value if it exists.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if it cannot be removed.
    fn remove(&self, table: Table, key: &[u8]) -> Result<()>;
}
