//! AES-256-GCM, in place, by one of two crates.
//!
//! It owns the choice of the crate: `ring` if available, because it seals 16 KiB three times as
//! fast. The result is the same. It does not manage nonces: the caller ensures that no nonce is used
//! twice with a key.

#[cfg(feature = "ring")]
mod ring;
#[cfg(feature = "ring")]
pub(crate) use self::ring::AeadKey;

// With both crates enabled, the other one is compiled only for the test that compares them.
#[cfg(all(feature = "rustcrypto", any(test, not(feature = "ring"))))]
mod rustcrypto;
#[cfg(all(feature = "rustcrypto", not(feature = "ring")))]
pub(crate) use self::rustcrypto::AeadKey;

/// Length of a nonce in bytes.
pub(crate) const NONCE_LEN: usize = 12;

/// Length of a tag in bytes, by which a ciphertext is longer than its plaintext.
pub(crate) const TAG_LEN: usize = 16;

#[cfg(all(test, feature = "ring", feature = "rustcrypto"))]
mod tests {
    use super::{ring, rustcrypto};
    use crate::vault::Secret;
    use alloc::vec;

    /// `ring`'s are tested by what is left of them in memory.
    #[test]
    fn keys_of_rustcrypto_are_wiped_when_they_are_dropped() {
        fn is_wiped<T: zeroize::ZeroizeOnDrop>() {}
        is_wiped::<aes_gcm::Aes256Gcm>();
        is_wiped::<Secret<32>>();
    }

    #[test]
    fn both_crates_give_the_same_bytes() {
        let key = Secret::from([7; 32]);
        for len in [0, 1, 15, 16, 17, 1000] {
            let (mut one, mut two) = (vec![1; len], vec![1; len]);
            let tags = (
                ring::AeadKey::new(&key).seal([3; 12], b"context", &mut one).unwrap(),
                rustcrypto::AeadKey::new(&key).seal([3; 12], b"context", &mut two).unwrap(),
            );
            assert_eq!((&one, tags.0), (&two, tags.1));
            ring::AeadKey::new(&key).open([3; 12], b"context", &mut two, tags.1).unwrap();
            rustcrypto::AeadKey::new(&key).open([3; 12], b"context", &mut one, tags.0).unwrap();
            assert_eq!((one, two), (vec![1; len], vec![1; len]));
        }
    }
}
