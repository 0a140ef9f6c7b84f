//! The store in one file, on `redb`.
//!
//! It owns the file: its exclusive use by one process, the version of its format, its recovery when
//! the disk or the library fails, and the copy next to it. A write is a transaction, so that after a
//! crash the file has the state before or after it.
//!
//! | file | owns |
//! |---|---|
//! | `private` | checks of owner, permissions and symbolic links |
//! | `guard` | errors and panics of the library |
//! | `copy` | the copy of the last good state next to the file |

mod copy;
#[cfg(test)]
mod faulty;
mod guard;
mod private;

use super::{Change, Entry, Store, Table};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use guard::{Failure, guarded};
use ockam_core::{Error, ErrorKind, Result};
use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Version of the format of the file. Other versions are rejected.
pub const FORMAT_VERSION: u64 = 1;

/// Time after a failure to reopen the file during which it is not tried again, except for secret
/// keys and identities of this node.
pub const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// Size of the library's cache in bytes. The file is small and read once.
const CACHE: usize = 1024 * 1024;

type Values = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Creates a database from an open file.
type Make = dyn Fn(File) -> Result<Database, DatabaseError> + Send + Sync;

const FORMAT: TableDefinition<'static, (), u64> = TableDefinition::new("format");

/// A store in one file, which only its owner can read.
///
/// If the disk fails, for example because it is full, the call returns an error, and the next calls
/// reopen the file.
///
/// A copy of the last good state is kept next to the file, under the same name with the suffix
/// `.bak`. It is replaced atomically after opening the file, after a change of an identity of this
/// node, and after the deletion of a secret key. If the file is damaged, put the copy in its place.
/// A new file does not replace the copy of an earlier one: that is renamed to `.bak.old`.
pub struct FileStore {
    path: PathBuf,
    make: Box<Make>,
    open: Mutex<Open>,
    /// `true` if a warning that the copy is out of date was logged.
    is_copy_old: AtomicBool,
}

/// The open file.
struct Open {
    /// `None` after a failure, until it is reopened.
    database: Option<Database>,
    /// The identity of the file: another one may have replaced it at the path.
    id: private::Id,
    failed_at: Option<Instant>,
}

impl FileStore {
    /// Opens a file, or creates it.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if another process has it open,
    /// [`Denied`](ErrorKind::Denied) if other users may read it, if it belongs to another user, or
    /// is a symbolic link,
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it is empty, another kind of file or of another
    /// version, and [`Io`](ErrorKind::Io) for errors of the system, and if it is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let make = |file| {
            let backend = FileBackend::new(file)?;
            Builder::new().set_cache_size(CACHE).create_with_backend(backend)
        };
        Self::open_with(path.as_ref(), Box::new(make))
    }

    fn open_with(path: &Path, make: Box<Make>) -> Result<Self> {
        let opening = |error: Error| {
            error.add_context(format!("opening the identities in {}", path.display()))
        };
        let (file, id) = match private::open(path).map_err(opening)? {
            Some(open) => open,
            None => {
                create(path, &*make).map_err(opening)?;
                private::open(path).map_err(opening)?.ok_or_else(|| {
                    opening(Error::with_kind(
                        ErrorKind::Io,
                        "the file was removed right after it was created",
                    ))
                })?
            }
        };
        let database = open_database(file, &*make, path).map_err(opening)?;
        let open = Mutex::new(Open { database: Some(database), id, failed_at: None });
        let (path, is_copy_old) = (path.to_path_buf(), AtomicBool::new(false));
        let store = FileStore { path, make, open, is_copy_old };
        store.back_up();
        Ok(store)
    }

    /// Calls `f` with the database, which is reopened first if it has failed before. If `f` fails,
    /// the file is reopened and `f` called once more.
    fn with<R>(
        &self,
        table: Table,
        mut f: impl FnMut(&Database) -> Result<R, Failure>,
    ) -> Result<R> {
        let mut open = self.lock();
        let mut is_first = true;
        loop {
            let database = match open.database.take() {
                Some(database) => database,
                None => self.reopen(&mut open, table)?,
            };
            match guarded(&self.path, || f(&database)) {
                Ok(result) => {
                    open.database = Some(database);
                    open.failed_at = None;
                    return Ok(result);
                }
                Err(Failure::Refused(error)) => {
                    open.database = Some(database);
                    return Err(error);
                }
                Err(Failure::Storage(error)) => {
                    // After an error the library rejects all calls until the file is reopened.
                    let _ = guarded(&self.path, || {
                        drop(database);
                        Ok(())
                    });
                    if !is_first {
                        open.failed_at = Some(Instant::now());
                        return Err(error.add_context(format!("in {}", self.path.display())));
                    }
                    is_first = false;
                }
            }
        }
    }

    fn reopen(&self, open: &mut Open, table: Table) -> Result<Database> {
        let is_urgent = matches!(table, Table::Secrets | Table::Own);
        let waits = |failed: Instant| failed.elapsed() < REOPEN_INTERVAL;
        let reopened = if !is_urgent && open.failed_at.is_some_and(waits) {
            let text = "the file failed a moment ago, and is not opened again yet";
            return Err(Error::with_kind(ErrorKind::Io, text));
        } else {
            private::open(&self.path).and_then(|found| match found {
                Some((file, id)) if id == open.id => open_database(file, &*self.make, &self.path),
                _ => Err(Error::with_kind(
                    ErrorKind::Io,
                    "another file has replaced the one that was open: restart the program",
                )),
            })
        };
        reopened.map_err(|error| {
            open.failed_at = Some(Instant::now());
            error.add_context(format!("opening {} again", self.path.display()))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Ignore poison: a panic under the lock leaves the database present or taken out, both valid.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(
        &self,
        table: Table,
        mut change: impl FnMut(
            &mut redb::Table<'_, &'static [u8], &'static [u8]>,
        ) -> Result<(), Failure>,
    ) -> Result<()> {
        self.with(table, |database| {
            let transaction = database.begin_write()?;
            change(&mut transaction.open_table(definition(table))?)?;
            Ok(transaction.commit()?)
        })
    }

    /// Replaces the copy next to the file. A failure is logged and does not fail the caller.
    fn back_up(&self) {
        let copied = self.with(Table::Own, |database| copy::write(database, &self.path));
        let was_old = self.is_copy_old.swap(copied.is_err(), Ordering::Relaxed);
        if let Err(error) = copied
            && !was_old
        {
            let error = format_args!("{error:#}");
            tracing::warn!(file = %self.path.display(), %error, "the copy of the identities is out of date");
        }
    }
}

/// Creates a file with its tables under another name first, so that there is never an empty one.
fn create(path: &Path, make: &Make) -> Result<()> {
    let new = copy::sibling(path, ".new");
    let (file, id) = private::open_or_create(&new)?;
    // Another process that creates the same file has this one locked, or has already renamed it; a
    // file left by a killed process is discarded.
    file.try_lock().map_err(|_| Error::with_kind(ErrorKind::AlreadyExists, IN_USE))?;
    if !private::is_at(&new, id) {
        return Err(Error::with_kind(ErrorKind::AlreadyExists, IN_USE));
    }
    file.set_len(0).map_err(io)?;
    file.unlock().map_err(io)?;
    let database = open_database(file, make, &new)?;
    if path.exists() {
        return Err(Error::with_kind(ErrorKind::AlreadyExists, IN_USE));
    }
    copy::set_aside(path);
    std::fs::rename(&new, path).map_err(io)?;
    drop(database);
    Ok(())
}

fn open_database(file: File, make: &Make, path: &Path) -> Result<Database> {
    let opened = guarded(path, || {
        let database = make(file).map_err(|error| Failure::Refused(refused(error)))?;
        check_format(&database)?;
        Ok(database)
    });
    opened.map_err(Failure::into_error)
}

/// Writes the version into a new file, or checks that of an existing one.
fn check_format(database: &Database) -> Result<(), Failure> {
    let transaction = database.begin_write()?;
    {
        let mut format = transaction.open_table(FORMAT)?;
        let found = format.get(())?.map(|version| version.value());
        match found {
            Some(FORMAT_VERSION) => {}
            Some(other) => {
                let text = format!(
                    "the file has format {other}, and this program knows {FORMAT_VERSION} only"
                );
                return Err(Failure::Refused(Error::with_kind(ErrorKind::InvalidInput, text)));
            }
            None => drop(format.insert((), FORMAT_VERSION)?),
        }
    }
    for table in Table::ALL {
        transaction.open_table(definition(table))?;
    }
    Ok(transaction.commit()?)
}

impl Store for FileStore {
    fn all(&self, table: Table) -> Result<Vec<Entry>> {
        self.with(table, |database| {
            let transaction = database.begin_read()?;
            let values = transaction.open_table(definition(table))?;
            let mut all = Vec::new();
            for entry in values.iter()? {
                let (key, value) = entry?;
                all.push((key.value().to_vec(), Zeroizing::new(value.value().to_vec())));
            }
            Ok(all)
        })
    }

    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        self.write(table, |values| Ok(values.insert(key, value).map(drop)?))?;
        if table == Table::Own {
            self.back_up();
        }
        Ok(())
    }

    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()> {
        self.write(table, |values| {
            let stored = values.get(key)?;
            let changed = change(stored.as_ref().map(|value| value.value()));
            drop(stored);
            match changed.map_err(Failure::Refused)? {
                Some(value) => Ok(values.insert(key, &value[..]).map(drop)?),
                None => Ok(()),
            }
        })?;
        if table == Table::Own {
            self.back_up();
        }
        Ok(())
    }

    fn remove(&self, table: Table, key: &[u8]) -> Result<()> {
        self.write(table, |values| Ok(values.remove(key).map(drop)?))?;
        if table == Table::Secrets {
            // The copy must not contain deleted keys.
            self.back_up();
        }
        Ok(())
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileStore({})", self.path.display())
    }
}

fn definition(table: Table) -> Values {
    TableDefinition::new(match table {
        Table::Secrets => "secrets",
        Table::Own => "own",
        Table::Known => "known",
        Table::Met => "met",
        Table::Attributes => "attributes",
        Table::Credentials => "credentials",
    })
}

const IN_USE: &str = "another process has the file open: stop it or choose another file";

fn refused(error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            Error::with_kind(ErrorKind::AlreadyExists, IN_USE)
        }
        DatabaseError::UpgradeRequired(_) => {
            Error::with_kind(ErrorKind::InvalidInput, "the file is of an older version")
        }
        DatabaseError::Storage(redb::StorageError::Io(why))
            if why.kind() == std::io::ErrorKind::InvalidData =>
        {
            Error::with_kind(ErrorKind::InvalidInput, "the file is not a file with identities")
        }
        other => Error::with_kind(ErrorKind::Io, other.to_string()),
    }
}

fn io(error: std::io::Error) -> Error {
    Error::with_kind(ErrorKind::Io, error)
}

#[cfg(test)]
mod tests;
