//! Errors of credentials.

use crate::identifier::Identifier;
use crate::purpose_key::{AttestationError, Untimely};
use crate::signed::SignedDataError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;

/// Error of verifying or issuing a credential.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialError {
    /// The attestation of the issuer's purpose key is not valid.
    Attestation(AttestationError),
    /// The issuer is not trusted.
    UntrustedIssuer(Identifier),
    /// The history of the issuer is not known to this node. Import it first.
    UnknownIssuer(Identifier),
    /// The purpose key is not for credentials.
    OtherPurpose,
    /// The signature of the purpose key is not valid.
    Signature(VaultError),
    /// It is malformed.
    Data(SignedDataError),
    /// It has another subject, or none.
    OtherSubject {
        /// The expected subject.
        expected: Identifier,
        /// The actual subject, if any.
        found: Option<Identifier>,
    },
    /// It is valid before or after the validity period of the purpose key.
    OutlivesPurposeKey,
    /// It was issued in the future. Check the clocks.
    Early,
    /// It has expired.
    Expired,
    /// A newer one by the same issuer for the same subject is known.
    Older,
    /// The vault failed to sign.
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
            Self::Attestation(error) => write!(f, "is not valid: {error}"),
            Self::UntrustedIssuer(issuer) => {
                write!(f, "was issued by {issuer}, which is not a trusted authority")
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
                write!(f, "has no subject, and should be about {expected}")
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
