//! Why an attestation is refused.

use super::Untimely;
use crate::identifier::Identifier;
use crate::signed::SignedDataError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;

/// Says why a key is not believed to be an identity's.
#[derive(Debug)]
#[non_exhaustive]
pub enum AttestationError {
    /// It cannot be read.
    Data(SignedDataError),
    /// It is about another identity.
    OtherSubject {
        /// The one that was expected.
        expected: Identifier,
        /// The one that it is about.
        found: Identifier,
    },
    /// It is not by the latest key of the identity that is known here: the identity has a new key
    /// since, or a newer one than this node has heard of.
    OtherChange,
    /// It begins before the identity's key does, or ends after it.
    OutlivesIdentity,
    /// It was made in the future. Are the clocks right?
    Early,
    /// It has expired.
    Expired,
    /// The signature of the identity is not valid.
    Signature(VaultError),
    /// The key is for another purpose, or is not the one that was used.
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
