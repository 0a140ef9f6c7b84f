//! Why a history is refused.

use super::MAX_HISTORY_CHANGES;
use crate::identifier::Identifier;
use crate::signed::SignedDataError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;
use ockam_core::cbor::CborError;

/// Says why bytes are not the history of an identity, or why an identity could not be changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum IdentityError {
    /// The bytes are not a history.
    Malformed(CborError),
    /// The history has no change.
    Empty,
    /// A change is wrong.
    Change {
        /// Which one, counted from 0.
        index: usize,
        /// What is wrong with it.
        why: ChangeError,
    },
    /// The history is another identity's.
    OtherIdentifier {
        /// The one that was expected.
        expected: Identifier,
        /// The one whose it is.
        found: Identifier,
    },
    /// The history has fewer changes than the one that is remembered. Ask for the current one.
    Older(Identifier),
    /// The history differs from the one that is remembered: somebody has used a key twice.
    Conflict(Identifier),
    /// The history has as many changes as others accept: the identity cannot change its key again.
    TooManyChanges(Identifier),
    /// The vault did not make a key or a signature.
    Vault(VaultError),
}

/// Says what is wrong with a change.
#[derive(Debug)]
#[non_exhaustive]
pub enum ChangeError {
    /// It cannot be read.
    Data(SignedDataError),
    /// It does not name the change before it, or names one where there is none.
    PreviousChange,
    /// It begins before the change before it.
    ValidFrom,
    /// The signature by its own key is not valid.
    Signature(VaultError),
    /// The signature by the key before is missing.
    NoPreviousSignature,
    /// The signature by the key before is not valid.
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
            Self::PreviousChange => f.write_str("does not follow from the change before it"),
            Self::ValidFrom => f.write_str("begins before the change before it"),
            Self::Signature(error) => write!(f, "is not signed by its own key: {error}"),
            Self::NoPreviousSignature => f.write_str("lacks the signature of the key before"),
            Self::PreviousSignature(error) => {
                write!(f, "is not signed by the key before: {error}")
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
