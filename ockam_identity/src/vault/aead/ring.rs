//! AES-256-GCM by `ring`.

use super::{NONCE_LEN, TAG_LEN};
use crate::vault::{Secret, VaultError};
use core::hint::black_box;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, Tag, UnboundKey};

/// A key that is ready to use.
pub(crate) struct AeadKey(LessSafeKey);

impl AeadKey {
    pub(crate) fn new(key: &Secret<32>) -> Self {
        AeadKey(expand(key.expose()))
    }

    /// Encrypts a buffer in place and returns the tag.
    pub(crate) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_LEN], VaultError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, Aad::from(context), buffer)
            .map_err(|_| VaultError::Unsupported("a plaintext of this length"))?;
        let mut bytes = [0; TAG_LEN];
        bytes.copy_from_slice(tag.as_ref());
        Ok(bytes)
    }

    /// Decrypts a buffer in place. After an error its content is unspecified.
    pub(crate) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        context: &[u8],
        buffer: &mut [u8],
        tag: [u8; TAG_LEN],
    ) -> Result<(), VaultError> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0
            .open_in_place_separate_tag(nonce, Aad::from(context), Tag::from(tag), buffer, 0..)
            .map(|_| ())
            .map_err(|_| VaultError::InvalidCiphertext)
    }
}

/// Wipes the key, since `ring` does not: overwrites it in place with a key that is not secret, and
/// passes it to `black_box` so that the compiler keeps the write.
impl Drop for AeadKey {
    fn drop(&mut self) {
        self.0 = expand(&[0; 32]);
        black_box(&self.0);
    }
}

fn expand(key: &[u8; 32]) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of AES-256 has 32 bytes");
    LessSafeKey::new(key)
}
