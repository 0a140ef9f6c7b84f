//! Errors of vaults and of computations with keys.

use super::KeyHandle;
use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

/// Error of a vault, or of a computation with keys.
#[derive(Debug)]
#[non_exhaustive]
pub enum VaultError {
    /// The vault holds no key of this kind with this handle. It may have been deleted, or belong to
    /// another vault.
    UnknownKey(KeyHandle),
    /// The vault cannot hold or use keys of this kind. The software vault holds P-256 keys only
    /// with the feature `p256`.
    Unsupported(&'static str),
    /// The bytes are not a valid key of their kind.
    InvalidKey(&'static str),
    /// The signature is not by this key over this message.
    InvalidSignature,
    /// The signature is of another kind than the key.
    OtherKind,
    /// The peer's key is one of the few with which every agreement yields zero.
    WeakKey,
    /// The ciphertext is not authentic for this key, nonce and context.
    InvalidCiphertext,
    /// The holder of the keys, such as a key service, failed.
    Holder(Box<dyn Error + Send + Sync>),
    /// The holder of the keys panicked. The error has the text of the panic.
    Panicked(Box<dyn Error + Send + Sync>),
}

impl Error for VaultError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Holder(cause) => Some(&**cause),
            _ => None,
        }
    }
}

impl fmt::Display for VaultError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(handle) => write!(f, "the vault has no such key: {handle:?}"),
            Self::Unsupported(what) => write!(f, "the vault does not support {what}"),
            Self::InvalidKey(kind) => write!(f, "the bytes are not {kind}"),
            Self::InvalidSignature => f.write_str("the signature is not valid"),
            Self::OtherKind => f.write_str("the signature is of another kind than the key"),
            Self::WeakKey => {
                f.write_str("the peer's key is weak: every agreement with it yields zero")
            }
            Self::InvalidCiphertext => f.write_str("the ciphertext is not authentic"),
            Self::Holder(_) => f.write_str("the holder of the keys failed"),
            Self::Panicked(panic) => write!(f, "the holder of the keys failed: {panic}"),
        }
    }
}
