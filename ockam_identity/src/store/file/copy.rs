//! The last good state beside the file.
//!
//! It is a file of the same format, which is written under another name and then put in the place
//! of the copy before: there is always a whole one.

use super::guard::Failure;
use super::{CACHE, FORMAT, FORMAT_VERSION, definition, io, private};
use crate::store::Table;
use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableDatabase, ReadableTable};
use std::path::{Path, PathBuf};

/// What the name of the copy has behind that of the file.
pub(super) const COPY: &str = ".bak";

/// What the name of a copy has behind it whose file is gone.
pub(super) const ASIDE: &str = ".old";

/// Returns the path of a file beside another.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}

/// Copies all tables. That the copy cannot be written does not mean that the file has failed.
pub(super) fn write(database: &Database, path: &Path) -> Result<(), Failure> {
    let begun = beside(path, ".bak.new");
    let written = fill(database, &begun);
    if written.is_err() {
        let _ = std::fs::remove_file(&begun);
    }
    written.map_err(|failure| Failure::Refused(failure.into_error()))?;
    std::fs::rename(&begun, beside(path, COPY)).map_err(|why| Failure::Refused(io(why)))
}

/// Keeps the copy of a file that is gone: one of the new file would take its place.
pub(super) fn set_aside(path: &Path) {
    let copy = beside(path, COPY);
    if !copy.exists() {
        return;
    }
    let aside = beside(&copy, ASIDE);
    match std::fs::rename(&copy, &aside) {
        Ok(()) => {
            tracing::warn!(file = %path.display(), copy = %aside.display(), "a new file with identities is made, and a copy of an earlier one is kept");
        }
        Err(error) => {
            tracing::warn!(file = %path.display(), copy = %copy.display(), %error, "a new file with identities is made, and the copy of an earlier one cannot be kept");
        }
    }
}

fn fill(database: &Database, path: &Path) -> Result<(), Failure> {
    // What is there was left by a process that was killed.
    let _ = std::fs::remove_file(path);
    let (file, _) = private::open_or_create(path).map_err(Failure::Refused)?;
    let copy = Builder::new().set_cache_size(CACHE).create_with_backend(FileBackend::new(file)?)?;
    let (from, to) = (database.begin_read()?, copy.begin_write()?);
    to.open_table(FORMAT)?.insert((), FORMAT_VERSION)?;
    for table in Table::ALL {
        let mut values = to.open_table(definition(table))?;
        for entry in from.open_table(definition(table))?.iter()? {
            let (key, value) = entry?;
            values.insert(key.value(), value.value())?;
        }
    }
    Ok(to.commit()?)
}
