//! Why a credential is refused.

use crate::identifier::Identifier;
use crate::purpose_key::{AttestationError, Untimely};
use crate::signed::SignedDataError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;

/// Says why a credential is not believed, or could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialError {
    /// The issuer's purpose key is not believed.
    Attestation(AttestationError),
    /// The issuer is none of those that are trusted.
    UntrustedIssuer(Identifier),
    /// The history of the issuer is not known here. Import it first.
    UnknownIssuer(Identifier),
    /// The purpose key is not for credentials.
    OtherPurpose,
    /// The signature of the purpose key is not valid.
    Signature(VaultError),
    /// It cannot be read.
    Data(SignedDataError),
    /// It is about somebody else, or about nobody.
    OtherSubject {
        /// The one that was expected.
        expected: Identifier,
        /// The one that it is about.
        found: Option<Identifier>,
    },
    /// It begins before the purpose key does, or ends after it.
    OutlivesPurposeKey,
    /// It was made in the future. Are the clocks right?
    Early,
    /// It has expired.
    Expired,
    /// A newer one of the same issuer for the same subject is known.
    Older,
    /// The vault did not make a signature.
    Vault(VaultError),
}

impl Error for CredentialError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Vault(cause) => Some(cause),
            _ => None,
        }
    }
}

impl fmt::Display for CredentialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the credential ")?;
        match self {
            Self::Attestation(error) => write!(f, "is not to be believed: {error}"),
            Self::UntrustedIssuer(issuer) => {
                write!(f, "was issued by {issuer}, which is no authority here")
            }
            Self::UnknownIssuer(issuer) => {
                write!(f, "was issued by {issuer}, whose history is not known: import it first")
            }
            Self::OtherPurpose => f.write_str("is signed with a key for another purpose"),
            Self::Signature(error) => write!(f, "is not signed by the purpose key: {error}"),
            Self::Data(error) => write!(f, "cannot be read: {error}"),
            Self::OtherSubject { expected, found: Some(found) } => {
                write!(f, "is about {found}, not about {expected}")
            }
            Self::OtherSubject { expected, found: None } => {
                write!(f, "is about nobody, not about {expected}")
            }
            Self::OutlivesPurposeKey => f.write_str("is not within the time of the purpose key"),
            Self::Early => f.write_str("was made in the future: are the clocks right?"),
            Self::Expired => f.write_str("has expired"),
            Self::Older => f.write_str("is older than the one that is known"),
            Self::Vault(_) => f.write_str("cannot be signed by the vault"),
        }
    }
}

impl From<SignedDataError> for CredentialError {
    fn from(error: SignedDataError) -> Self {
        Self::Data(error)
    }
}

impl From<VaultError> for CredentialError {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl From<Untimely> for CredentialError {
    fn from(untimely: Untimely) -> Self {
        match untimely {
            Untimely::Early => Self::Early,
            Untimely::Late => Self::Expired,
        }
    }
}
