//! What survives the process: keys and values in tables, written through.
//!
//! It owns the seam, and a file behind it with the feature `file-store`. It refuses to know what
//! the values mean: `identities` and the software vault do.

#[cfg(feature = "file-store")]
mod file;

#[cfg(feature = "file-store")]
pub use file::{FORMAT_VERSION, FileStore, REOPEN_INTERVAL};

use alloc::vec::Vec;
use core::fmt::Debug;
use ockam_core::Result;
use zeroize::Zeroizing;

/// What a value is about. Values of one kind have different keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Table {
    /// Secret keys of the software vault, by their handles.
    Secrets,
    /// Identities of this node, with handles and attestations of their keys, by their names.
    Own,
    /// Histories of others that are never forgotten, by their names.
    Known,
    /// Histories of others that were met, a bounded number, by their names.
    Met,
    /// Attributes that were proved, by subject and authority.
    Attributes,
    /// Credentials of identities of this node, by subject and issuer.
    Credentials,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 6] = [
        Table::Secrets,
        Table::Own,
        Table::Known,
        Table::Met,
        Table::Attributes,
        Table::Credentials,
    ];
}

/// A key and its value, wiped when it is dropped.
pub type Entry = (Vec<u8>, Zeroizing<Vec<u8>>);

/// Makes a new value of the one that is stored; see [`Store::update`].
pub type Change<'a> = dyn FnMut(Option<&[u8]>) -> Result<Option<Vec<u8>>> + 'a;

/// Keeps what has to survive the process.
///
/// Everything is read once, at the start, and written when it changes: a call returns when what it
/// wrote survives the end of the process and of the machine. Calls may block for some
/// milliseconds; they are rare.
pub trait Store: Debug + Send + Sync + 'static {
    /// Returns all that is in a table.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if it cannot be read.
    fn all(&self, table: Table) -> Result<Vec<Entry>>;

    /// Writes a value, in place of an earlier one with the same key: all of it or nothing.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if it cannot be written.
    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()>;

    /// Replaces a value by what `change` makes of it, without another write in between. `change`
    /// gets `None` if there is no value; where it returns `None` or an error, nothing is written.
    /// It must not call the store.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if the value cannot be read or written, and what `change`
    /// returns.
    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()>;

    /// Removes a value, if there is one.
    ///
    /// # Errors
    /// [`Io`](ockam_core::ErrorKind::Io) if it cannot be removed.
    fn remove(&self, table: Table, key: &[u8]) -> Result<()>;
}
