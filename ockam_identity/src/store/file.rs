//! The store in one file, on `redb`.
//!
//! It owns the file: who may read it, that one process has it, and the version of its format. A
//! write is a transaction, so that whatever ends the process, the file is as it was before or
//! after it.

use super::{Change, Entry, Store, Table};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;
use ockam_core::{Error, ErrorKind, Result};
use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The version of the format of the file. Another one is refused.
pub const FORMAT_VERSION: u64 = 1;

/// How many bytes of the file are kept in memory. It is small and read once.
const CACHE: usize = 1024 * 1024;

type Values = TableDefinition<'static, &'static [u8], &'static [u8]>;

const FORMAT: TableDefinition<'static, (), u64> = TableDefinition::new("format");

/// Keeps what has to survive in one file, which only its owner can read.
pub struct FileStore {
    path: PathBuf,
    database: Database,
}

impl FileStore {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) if another process has it open,
    /// [`Denied`](ErrorKind::Denied) if others than its owner may read it,
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it is another kind of file or of another
    /// version, and [`Io`](ErrorKind::Io) for what the system says.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let opening = || format!("opening the identities in {}", path.display());
        let file = open_private(path).map_err(|error| error.context(opening()))?;
        let database = FileBackend::new(file)
            .and_then(|file| Builder::new().set_cache_size(CACHE).create_with_backend(file))
            .map_err(|error| refused(error).context(opening()))?;
        let store = FileStore { path: path.to_path_buf(), database };
        store.check_format().map_err(|error| error.context(opening()))?;
        Ok(store)
    }

    /// Writes the version into a new file, and checks that of an old one.
    fn check_format(&self) -> Result<()> {
        let transaction = self.database.begin_write().map_err(io)?;
        {
            let mut format = transaction.open_table(FORMAT).map_err(io)?;
            let found = format.get(()).map_err(io)?.map(|version| version.value());
            match found {
                Some(FORMAT_VERSION) => {}
                Some(other) => {
                    let text = format!(
                        "the file has format {other}, and this program knows {FORMAT_VERSION} only"
                    );
                    return Err(Error::new(ErrorKind::InvalidInput, text));
                }
                None => drop(format.insert((), FORMAT_VERSION).map_err(io)?),
            }
        }
        for table in Table::ALL {
            transaction.open_table(definition(table)).map_err(io)?;
        }
        transaction.commit().map_err(io)
    }

    fn write(
        &self,
        table: Table,
        change: impl FnOnce(&mut redb::Table<'_, &'static [u8], &'static [u8]>) -> Result<()>,
    ) -> Result<()> {
        let transaction = self.database.begin_write().map_err(io)?;
        change(&mut transaction.open_table(definition(table)).map_err(io)?)?;
        transaction.commit().map_err(io)
    }
}

impl Store for FileStore {
    fn all(&self, table: Table) -> Result<Vec<Entry>> {
        let transaction = self.database.begin_read().map_err(io)?;
        let values = transaction.open_table(definition(table)).map_err(io)?;
        let mut all = Vec::new();
        for entry in values.iter().map_err(io)? {
            let (key, value) = entry.map_err(io)?;
            all.push((key.value().to_vec(), Zeroizing::new(value.value().to_vec())));
        }
        Ok(all)
    }

    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        self.write(table, |values| values.insert(key, value).map(drop).map_err(io))
    }

    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()> {
        self.write(table, |values| {
            let stored = values.get(key).map_err(io)?;
            let changed = change(stored.as_ref().map(|value| value.value()))?;
            drop(stored);
            match changed {
                Some(value) => values.insert(key, &value[..]).map(drop).map_err(io),
                None => Ok(()),
            }
        })
    }

    fn remove(&self, table: Table, key: &[u8]) -> Result<()> {
        self.write(table, |values| values.remove(key).map(drop).map_err(io))
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

/// Opens a file that only its owner can read, or makes one.
fn open_private(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|why| Error::new(ErrorKind::Io, why))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let metadata = file.metadata().map_err(|why| Error::new(ErrorKind::Io, why))?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let text = format!(
                "the file has secret keys and others may read or write it (mode {mode:03o}): \
                 set it to 600"
            );
            return Err(Error::new(ErrorKind::Denied, text));
        }
    }
    Ok(file)
}

fn refused(error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Error::new(
            ErrorKind::AlreadyExists,
            "another process has the file open: stop it or choose another file",
        ),
        DatabaseError::UpgradeRequired(_) => {
            Error::new(ErrorKind::InvalidInput, "the file is of an older version")
        }
        DatabaseError::Storage(redb::StorageError::Io(why))
            if why.kind() == std::io::ErrorKind::InvalidData =>
        {
            Error::new(ErrorKind::InvalidInput, "the file is not one with identities")
        }
        other => Error::new(ErrorKind::Io, other.to_string()),
    }
}

fn io(error: impl core::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Io, error)
}
