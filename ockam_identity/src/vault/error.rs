//! What a vault, or a computation with keys, can refuse.

use super::KeyHandle;
use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

/// Says why a key could not be used, or why a computation with keys failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum VaultError {
    /// The vault holds no key of this kind with this handle. Was it deleted, or is it another
    /// vault's?
    UnknownKey(KeyHandle),
    /// The vault cannot hold or use keys of this kind. The software vault holds P-256 keys only
    /// with the feature `p256`.
    Unsupported(&'static str),
    /// Bytes are not a key of their kind.
    InvalidKey(&'static str),
    /// A signature is not that of this key for this message.
    InvalidSignature,
    /// A signature is of another kind than the key.
    OtherKind,
    /// The peer's key is one of the few with which every agreement gives zero.
    WeakKey,
    /// A ciphertext is not what was encrypted with this key, nonce and context.
    InvalidCiphertext,
    /// What holds the keys failed.
    Holder(Box<dyn Error + Send + Sync>),
    /// What holds the keys panicked. The error has the text of the panic.
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
            Self::WeakKey => f.write_str("the peer's key agrees with every key on zero"),
            Self::InvalidCiphertext => f.write_str("the ciphertext is not authentic"),
            Self::Holder(_) => f.write_str("what holds the keys has failed"),
            Self::Panicked(panic) => write!(f, "what holds the keys has failed: {panic}"),
        }
    }
}
