//! The boundary to the storage library: its errors and panics.
//!
//! The library panics on some damaged files. Such a panic is caught here and becomes an error that
//! says what to do.

use super::copy::{COPY, sibling};
use alloc::format;
use ockam_core::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Error of an operation on the database.
pub(super) enum Failure {
    /// The disk or the library failed: the file has to be reopened.
    Storage(Error),
    /// The file works, and the operation was rejected.
    Refused(Error),
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Storage(error) | Self::Refused(error) => error,
        }
    }
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Storage(Error::with_kind(ErrorKind::Io, error.into()))
    }
}

/// Calls into the library. A panic becomes an error; the arguments must not be used again then.
pub(super) fn guarded<R>(
    path: &Path,
    f: impl FnOnce() -> Result<R, Failure>,
) -> Result<R, Failure> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        let what = payload.downcast_ref::<&str>().copied();
        let what = what.or_else(|| payload.downcast_ref().map(alloc::string::String::as_str));
        let text = format!(
            "the file {} is damaged ({}): put a copy in its place, such as {}, or move it away to \
             start over",
            path.display(),
            what.unwrap_or("the storage library panicked"),
            sibling(path, COPY).display(),
        );
        Err(Failure::Storage(Error::with_kind(ErrorKind::Io, text)))
    })
}
