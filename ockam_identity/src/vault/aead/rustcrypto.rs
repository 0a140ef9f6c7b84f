//! AES-256-GCM by the RustCrypto crates.

use super::{NONCE_LEN, TAG_LEN};
use crate::vault::{Secret, VaultError};
use aes_gcm::{AeadInOut, Aes256Gcm, KeyInit};

/// A key that is ready to use, wiped on drop.
pub(crate) struct AeadKey(Aes256Gcm);

impl AeadKey {
    pub(crate) fn new(key: &Secret<32>) -> Self {
        AeadKey(Aes256Gcm::new(key.expose().into()))
    }

    /// Encrypts a buffer in place and returns the tag.
    pub(crate) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], VaultError> {
        self.0
            .encrypt_inout_detached(&nonce.into(), context, buffer.into())
            .map(Into::into)
            .map_err(|_| VaultError::Unsupported("a plaintext of this length"))
    }

    /// Decrypts a buffer in place. After an error its content is unspecified.
    pub(crate) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        buffer: &mut [u8],
        tag: [u8; TAG_LEN],
    ) -> Result<(), VaultError> {
        self.0
            .decrypt_inout_detached(&nonce.into(), context, buffer.into(), &tag.into())
            .map_err(|_| VaultError::InvalidCiphertext)
    }
}
