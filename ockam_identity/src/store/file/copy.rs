//! The copy of the last good state next to the file.
//!
//! It is a file of the same format, which is written under another name and then renamed over the
//! previous copy, so that a complete copy always exists.

use super::guard::Failure;
use super::{CACHE, FORMAT, FORMAT_VERSION, definition, io, private};
use crate::store::Table;
use redb::backends::FileBackend;
use redb::{Builder, Database, ReadableDatabase, ReadableTable};
use std::path::{Path, PathBuf};

/// Suffix of the copy.
pub(super) const COPY: &str = ".bak";

/// Suffix, after that of the copy, of a copy whose file is gone.
pub(super) const ASIDE: &str = ".old";

/// Returns the path of another file with a suffix.
pub(super) fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(suffix);
    name.into()
}

/// Copies all tables. A failure to write the copy does not mean that the file has failed.
pub(super) fn write(database: &Database, path: &Path) -> Result<(), Failure> {
    let begun = sibling(path, ".bak.new");
    let written = fill(database, &begun);
    if written.is_err() {
        let _ = std::fs::remove_file(&begun);
    }
    written.map_err(|failure| Failure::Refused(failure.into_error()))?;
    std::fs::rename(&begun, sibling(path, COPY)).map_err(|why| Failure::Refused(io(why)))
}

/// Renames the copy of a file that is gone, which the copy of the new file would replace.
pub(super) fn set_aside(path: &Path) {
    let copy = sibling(path, COPY);
    if !copy.exists() {
        return;
    }
    let aside = sibling(&copy, ASIDE);
    match std::fs::rename(&copy, &aside) {
        Ok(()) => {
            tracing::warn!(file = %path.display(), copy = %aside.display(), "created a new file with identities, and kept the copy of an earlier one");
        }
        Err(error) => {
            tracing::warn!(file = %path.display(), copy = %copy.display(), %error, "created a new file with identities, but the copy of an earlier one cannot be kept");
        }
    }
}

fn fill(database: &Database, path: &Path) -> Result<(), Failure> {
    // An existing file was left by a process that was killed.
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
