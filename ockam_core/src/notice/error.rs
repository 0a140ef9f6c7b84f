//! What can be wrong with the bytes of a notice.

use crate::cbor::CborError;
use core::error::Error;
use core::fmt;

/// Says why bytes are no [`FailureNotice`](crate::FailureNotice).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoticeError {
    /// They do not begin as a notice does.
    NoNotice,
    /// Something has more than a notice may have.
    TooLong {
        /// What it is.
        part: &'static str,
        /// How many bytes or texts it has.
        len: usize,
        /// How many it may have.
        limit: usize,
    },
    /// They are not the structure that they should be.
    Cbor(CborError),
}

impl Error for NoticeError {}

impl From<CborError> for NoticeError {
    fn from(error: CborError) -> Self {
        NoticeError::Cbor(error)
    }
}

impl fmt::Display for NoticeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoticeError::NoNotice => f.write_str("the bytes are no notice of a failure"),
            NoticeError::TooLong { part, len, limit } => {
                write!(f, "{part} may have {limit} at most, and there are {len}")
            }
            NoticeError::Cbor(error) => write!(f, "the notice of a failure is damaged: {error}"),
        }
    }
}
