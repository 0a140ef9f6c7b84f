//! Errors of attestations.

use super::Untimely;
use crate::identifier::Identifier;
use crate::signed::SignedDataError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;

/// Error of verifying an attestation.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttestationError {
    /// It is malformed.
    Data(SignedDataError),
    /// It is about another identity.
    OtherSubject {
        /// The expected identity.
        expected: Identifier,
        /// The actual identity.
        found: Identifier,
    },
    /// It is not by the latest key known to this node: the identity has changed its key since, or has
    /// a newer key than this node knows.
    OtherChange,
    /// It is valid before or after the validity period of the identity's key.
    OutlivesIdentity,
    /// It was made in the future. Check the clocks.
    Early,
    /// It has expired.
    Expired,
    /// The signature of the identity is not valid.
    Signature(VaultError),
    /// It is for another purpose, or for another key than the one in use.
    OtherKey,
}

impl Error for AttestationError {}

impl fmt::Display for AttestationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the attestation of the purpose key ")?;
        match self {
            Self::Data(error) => write!(f, "cannot be read: {error}"),
            Self::OtherSubject { expected, found } => {
                write!(f, "is about {found}, not about {expected}")
            }
            Self::OtherChange => f.write_str("is not by the latest key that is known"),
            Self::OutlivesIdentity => f.write_str("is not within the time of the identity's key"),
            Self::Early => f.write_str("was made in the future: are the clocks right?"),
            Self::Expired => f.write_str("has expired"),
            Self::Signature(error) => write!(f, "is not signed by the identity: {error}"),
            Self::OtherKey => f.write_str("is for another key or another purpose"),
        }
    }
}

impl From<SignedDataError> for AttestationError {
    fn from(error: SignedDataError) -> Self {
        Self::Data(error)
    }
}

impl From<Untimely> for AttestationError {
    fn from(untimely: Untimely) -> Self {
        match untimely {
            Untimely::Early => Self::Early,
            Untimely::Late => Self::Expired,
        }
    }
}
