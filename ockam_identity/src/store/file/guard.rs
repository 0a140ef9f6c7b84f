//! The border to the storage library: its errors, and its panics.
//!
//! The library panics on some files that are damaged. Such a panic ends here, as an error that says
//! what to do.

use super::copy::{COPY, beside};
use alloc::format;
use ockam_core::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Why something could not be done with the database.
pub(super) enum Failure {
    /// The disk or the library has failed: the file is to be opened again.
    Storage(Error),
    /// The file works, and the answer is no.
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

/// Calls into the library. A panic in it is an error; what it was called with is not to be used
/// again.
pub(super) fn guarded<R>(
    path: &Path,
    f: impl FnOnce() -> Result<R, Failure>,
) -> Result<R, Failure> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        let what = payload.downcast_ref::<&str>().copied();
        let what = what.or_else(|| payload.downcast_ref().map(alloc::string::String::as_str));
        let text = format!(
            "the file {} is damaged ({}): put a copy in its place, such as {}, or move it away to \
             begin anew",
            path.display(),
            what.unwrap_or("the storage library panicked"),
            beside(path, COPY).display(),
        );
        Err(Failure::Storage(Error::with_kind(ErrorKind::Io, text)))
    })
}
