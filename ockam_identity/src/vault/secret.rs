//! Secret bytes: wiped on drop, hidden from `Debug`, compared in constant time.

use core::fmt;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Secret bytes.
///
/// They are wiped on drop, `Debug` does not show them, and comparison takes constant time. A
/// `Secret` is not `Copy`; copies are made only by `clone`.
///
/// ```
/// use ockam_identity::vault::Secret;
///
/// let secret = Secret::from([7; 32]);
/// assert_eq!(format!("{secret:?}"), "Secret(32 bytes)");
/// ```
#[derive(Clone)]
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Draws random bytes.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Secret([0; N]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// Returns the bytes, for computations.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }

    pub(crate) fn zero() -> Self {
        Secret([0; N])
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> ZeroizeOnDrop for Secret<N> {}

/// Copies bytes. The caller is responsible for wiping the original.
impl<const N: usize> From<[u8; N]> for Secret<N> {
    fn from(bytes: [u8; N]) -> Self {
        Secret(bytes)
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({N} bytes)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn it_compares_by_its_bytes() {
        let secret = Secret::from([1, 2, 3]);
        assert_eq!(secret, secret.clone());
        assert_ne!(secret, Secret::from([1, 2, 4]));
    }
}
