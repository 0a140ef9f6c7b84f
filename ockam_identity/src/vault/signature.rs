//! Signatures of both kinds.

use super::KeyKind;
use core::fmt;

/// A signature over a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signature {
    /// R and s of Ed25519.
    Ed25519([u8; 64]),
    /// r and s of ECDSA over P-256, 32 bytes each, big-endian.
    P256([u8; 64]),
}

impl Signature {
    /// Returns the kind of the signing key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Ed25519(_) => KeyKind::Ed25519,
            Self::P256(_) => KeyKind::P256,
        }
    }

    /// Returns the encoding of the signature on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 64] {
        let (Self::Ed25519(bytes) | Self::P256(bytes)) = self;
        bytes
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, ..] = self.as_bytes();
        write!(f, "{:?}({first:02x}{second:02x}..)", self.kind())
    }
}
