//! Errors of identities and their histories.

use super::MAX_HISTORY_CHANGES;
use crate::identifier::Identifier;
use crate::signed::SignedDataError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;
use ockam_core::cbor::CborError;

/// Error of verifying the history of an identity, or of changing an identity.
#[derive(Debug)]
#[non_exhaustive]
pub enum IdentityError {
    /// The bytes are not a history.
    Malformed(CborError),
    /// The history has no change.
    Empty,
    /// A change is not valid.
    Change {
        /// The index of the change, counted from 0.
        index: usize,
        /// The error of the change.
        why: ChangeError,
    },
    /// The history is that of another identity.
    OtherIdentifier {
        /// The expected identity.
        expected: Identifier,
        /// The actual identity.
        found: Identifier,
    },
    /// The history has fewer changes than the known one. Request the current one.
    Older(Identifier),
    /// The history contradicts the known one: a key has signed two different changes.
    Conflict(Identifier),
    /// The history has the maximum number of changes: the identity cannot change its key again.
    TooManyChanges(Identifier),
    /// The vault failed to create a key or a signature.
    Vault(VaultError),
}

/// Error of verifying a change.
#[derive(Debug)]
#[non_exhaustive]
pub enum ChangeError {
    /// It is malformed.
    Data(SignedDataError),
    /// It does not name the previous change, or names one where there is none.
    PreviousChange,
    /// It begins before the previous change.
    ValidFrom,
    /// The signature by its key is not valid.
    Signature(VaultError),
    /// The signature by the previous key is missing.
    NoPreviousSignature,
    /// The signature by the previous key is not valid.
    PreviousSignature(VaultError),
}

impl ChangeError {
    pub(super) fn at(self, index: usize) -> IdentityError {
        IdentityError::Change { index, why: self }
    }
}

impl Error for IdentityError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Vault(cause) => Some(cause),
            _ => None,
        }
    }
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "the change history is malformed: {error}"),
            Self::Empty => f.write_str("the change history has no change"),
            Self::Change { index, why } => write!(f, "change {index} of the history {why}"),
            Self::OtherIdentifier { expected, found } => {
                write!(f, "the change history is that of {found}, not of {expected}")
            }
            Self::Older(identifier) => {
                write!(f, "the change history of {identifier} is older than the one known")
            }
            Self::Conflict(identifier) => {
                write!(f, "the change history of {identifier} contradicts the one known")
            }
            Self::TooManyChanges(identifier) => write!(
                f,
                "{identifier} has had {MAX_HISTORY_CHANGES} keys, and others accept no more: \
                 create another identity"
            ),
            Self::Vault(_) => f.write_str("the vault cannot change the identity"),
        }
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(error) => write!(f, "cannot be read: {error}"),
            Self::PreviousChange => f.write_str("does not follow from the previous change"),
            Self::ValidFrom => f.write_str("begins before the previous change"),
            Self::Signature(error) => write!(f, "is not signed by its own key: {error}"),
            Self::NoPreviousSignature => f.write_str("lacks the signature of the previous key"),
            Self::PreviousSignature(error) => {
                write!(f, "is not signed by the previous key: {error}")
            }
        }
    }
}

impl From<CborError> for IdentityError {
    fn from(error: CborError) -> Self {
        Self::Malformed(error)
    }
}

impl From<VaultError> for IdentityError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<SignedDataError> for ChangeError {
    fn from(error: SignedDataError) -> Self {
        Self::Data(error)
    }
}
