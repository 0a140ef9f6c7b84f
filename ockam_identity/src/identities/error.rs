//! Conversions of errors of the inner layers to [`Error`].

use crate::credential::CredentialError;
use crate::identifier::Identifier;
#[cfg(feature = "std")]
use crate::vault::VaultError;
use alloc::format;
use core::error::Error as StdError;
use ockam_core::{Error, ErrorKind};

/// Returns the error of a vault operation that failed.
pub(crate) fn failed(why: impl StdError + Send + Sync + 'static, doing: &'static str) -> Error {
    let kind = if is_panic(&why) { ErrorKind::Panicked } else { ErrorKind::Failed };
    Error::with_cause(kind, why).context_with(|| doing)
}

/// Returns whether an error is that of a vault that panicked.
#[cfg(feature = "std")]
pub(super) fn is_panic(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if matches!(cause.downcast_ref(), Some(VaultError::Panicked(_))) {
            return true;
        }
        next = cause.source();
    }
    false
}

/// Returns `false`: without unwinding there is no such error.
#[cfg(not(feature = "std"))]
pub(super) fn is_panic(_: &(dyn StdError + 'static)) -> bool {
    false
}

/// Returns the error of a credential that is not accepted.
pub(crate) fn denied(why: CredentialError) -> Error {
    Error::with_cause(ErrorKind::Denied, why)
}

/// Returns the error for an identity that is not one of this node.
pub(crate) fn unknown(identifier: &Identifier) -> Error {
    Error::with_text(ErrorKind::NotFound, || {
        format!("{identifier} is not an identity of this node: create or import it first")
    })
}

/// Returns the error for an identity that is neither one of this node nor known to it.
pub(crate) fn no_identity(identifier: &Identifier) -> Error {
    Error::with_text(ErrorKind::NotFound, || {
        format!("{identifier} is not known here: import its history first")
    })
}
