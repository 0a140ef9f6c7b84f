//! The store in one file, on `redb`.
//!
//! It owns the file: that one process has it, the version of its format, what becomes of it when
//! the disk or the library fails, and the copy beside it. A write is a transaction, so that
//! whatever ends the process, the file is as it was before or after it.
//!
//! | file | owns |
//! |---|---|
//! | `private` | that the file is its owner's, and no link |
//! | `guard` | panics of the library |
//! | `copy` | the last good state beside the file |

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

/// The version of the format of the file. Another one is refused.
pub const FORMAT_VERSION: u64 = 1;

/// How long after the file could not be opened again it is not tried again, unless for secret keys
/// and identities of this node.
pub const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

/// How many bytes of the file are kept in memory. It is small and read once.
const CACHE: usize = 1024 * 1024;

type Values = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Makes a database of an open file.
type Make = dyn Fn(File) -> Result<Database, DatabaseError> + Send + Sync;

const FORMAT: TableDefinition<'static, (), u64> = TableDefinition::new("format");

/// Keeps what has to survive in one file, which only its owner can read.
///
/// When the disk fails, for example because it is full, the call that notices is an error, and the
/// next ones open the file again.
///
/// Beside the file is a copy of its last good state, under the same name with `.bak` behind it,
/// which is replaced as a whole when the file was opened, when an identity of this node has
/// changed, and when a secret key was deleted. If the file is damaged, put the copy in its place. A
/// new file does not replace the copy of an earlier one: that is renamed to `.bak.old`.
pub struct FileStore {
    path: PathBuf,
    make: Box<Make>,
    open: Mutex<Open>,
    /// The log has been told that the copy is not up to date.
    is_copy_old: AtomicBool,
}

/// The file as it is open now.
struct Open {
    /// `None` after a failure, until it is opened again.
    database: Option<Database>,
    /// Which file it is: what is at the path may have been replaced.
    id: private::Id,
    failed_at: Option<Instant>,
}

impl FileStore {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if another process has it open,
    /// [`Denied`](ErrorKind::Denied) if others than its owner may read it, if it belongs to
    /// another user, or is a symbolic link,
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it is empty, another kind of file or of another
    /// version, and [`Io`](ErrorKind::Io) for what the system says, and if it is damaged.
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
                        "the file is gone as soon as it is made",
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

    /// Calls `f` with the database, which is opened again if it has failed before. If it fails now,
    /// that is done once more.
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
                    // After an error the library refuses everything until the file is opened again.
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
            let text = "the file has just failed, and is not opened again yet";
            return Err(Error::with_kind(ErrorKind::Io, text));
        } else {
            private::open(&self.path).and_then(|found| match found {
                Some((file, id)) if id == open.id => open_database(file, &*self.make, &self.path),
                _ => Err(Error::with_kind(
                    ErrorKind::Io,
                    "another file is in the place of the one that was open: start the program again",
                )),
            })
        };
        reopened.map_err(|error| {
            open.failed_at = Some(Instant::now());
            error.add_context(format!("opening {} again", self.path.display()))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // A panic under the lock leaves the database in its place, or takes it out.
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

    /// Replaces the copy beside the file. That this fails is no error of what was done before.
    fn back_up(&self) {
        let copied = self.with(Table::Own, |database| copy::write(database, &self.path));
        let was_old = self.is_copy_old.swap(copied.is_err(), Ordering::Relaxed);
        if let Err(error) = copied
            && !was_old
        {
            let error = format_args!("{error:#}");
            tracing::warn!(file = %self.path.display(), %error, "the copy of the identities is not up to date");
        }
    }
}

/// Makes a file with its tables under another name first, so that there is never an empty one.
fn create(path: &Path, make: &Make) -> Result<()> {
    let new = copy::beside(path, ".new");
    let (file, id) = private::open_or_create(&new)?;
    // A process that makes the same file at the same time has this one locked, or has put it in
    // its place by now; what a killed process has left is of no use.
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

/// Writes the version into a new file, and checks that of an old one.
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
            // The copy has no key that was deleted.
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
            Error::with_kind(ErrorKind::InvalidInput, "the file is not one with identities")
        }
        other => Error::with_kind(ErrorKind::Io, other.to_string()),
    }
}

fn io(error: std::io::Error) -> Error {
    Error::with_kind(ErrorKind::Io, error)
}

#[cfg(test)]
mod tests;
