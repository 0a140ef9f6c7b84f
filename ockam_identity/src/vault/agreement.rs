//! X25519: two parties agree on a secret by exchanging their public keys.

use super::{Secret, VaultError};
use core::fmt;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use x25519_dalek::{PublicKey, StaticSecret};

/// The public half of an X25519 key.
#[derive(Clone, Copy)]
pub struct AgreementKey([u8; 32]);

impl AgreementKey {
    /// Returns the encoding of the key on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for AgreementKey {
    fn from(bytes: [u8; 32]) -> Self {
        AgreementKey(bytes)
    }
}

/// Compares in constant time.
impl PartialEq for AgreementKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for AgreementKey {}

impl fmt::Debug for AgreementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("X25519(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// The secret half of an X25519 key. It is clamped on use and wiped on drop.
pub struct AgreementSecret {
    secret: StaticSecret,
    public: AgreementKey,
}

impl AgreementSecret {
    /// Draws a key.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self::from(&Secret::random(rng))
    }

    /// Returns the public half.
    #[must_use]
    pub fn public(&self) -> &AgreementKey {
        &self.public
    }

    /// Computes the shared secret of this key and the peer's.
    ///
    /// # Errors
    /// [`VaultError::WeakKey`] if it is zero, which does not happen with an honest peer.
    pub fn agree(&self, peer: &AgreementKey) -> Result<Secret<32>, VaultError> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(peer.0));
        if !shared.was_contributory() {
            return Err(VaultError::WeakKey);
        }
        Ok(Secret::from(shared.to_bytes()))
    }
}

impl From<&Secret<32>> for AgreementSecret {
    fn from(secret: &Secret<32>) -> Self {
        let secret = StaticSecret::from(*secret.expose());
        let public = AgreementKey(PublicKey::from(&secret).to_bytes());
        AgreementSecret { secret, public }
    }
}

impl fmt::Debug for AgreementSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgreementSecret of {:?}", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_agree_on_zero_are_refused() {
        let secret = AgreementSecret::from(&Secret::from([7; 32]));
        // Zero, one, and a point of order eight.
        let order_eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
        let mut weak = [[0; 32], [0; 32], [0; 32]];
        weak[1][0] = 1;
        for (byte, pair) in weak[2].iter_mut().zip(order_eight.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
        }
        for key in weak {
            let agreed = secret.agree(&AgreementKey::from(key));
            assert!(matches!(agreed, Err(VaultError::WeakKey)), "{key:?}");
        }
        assert!(secret.agree(AgreementSecret::from(&Secret::from([8; 32])).public()).is_ok());
    }
}
