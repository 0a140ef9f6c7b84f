//! What `secure-sensor` and the computer that it reports to know of each other before they meet, as
//! a factory would write it into a device: whom to trust, and how an identity comes from a key.
//!
//! It refuses to know the keys themselves: each side has its own, and no other.
#![no_std]

use core::convert::Infallible;
use ockam::Result;
use ockam_identity::{Identifier, Identities, IdentityOptions};
use rand_core::{TryCryptoRng, TryRng};

/// The identity of the board.
pub const BOARD: [u8; 32] = [
    0x06, 0x4a, 0xf4, 0xa1, 0x8b, 0xf4, 0x98, 0x6c, 0xc4, 0x69, 0x74, 0x94, 0xb1, 0xab, 0x1a, 0x13,
    0x1b, 0x9b, 0x2f, 0x74, 0x31, 0x06, 0xa1, 0x80, 0x94, 0xda, 0x7e, 0xfd, 0x49, 0xbe, 0xb9, 0x6d,
];

/// The identity of the computer that collects readings.
pub const COLLECTOR: [u8; 32] = [
    0x52, 0x37, 0xed, 0x40, 0x2d, 0x09, 0x41, 0x53, 0x24, 0x6d, 0x35, 0x98, 0x80, 0x68, 0x0e, 0x8f,
    0x63, 0x74, 0x27, 0xe0, 0xe6, 0xe9, 0xd6, 0xdb, 0xf1, 0xec, 0xd1, 0x6d, 0x38, 0x50, 0x4c, 0xee,
];

/// When both were made, in seconds since 1970: on 1 January 2026.
const MADE_AT: u64 = 1_767_225_600;

/// Makes the identity of a key: always the same one, with the same identifier.
///
/// # Errors
/// As [`Identities::create_identity_with`].
pub async fn identity_of(identities: &Identities, key: [u8; 32]) -> Result<Identifier> {
    let options = IdentityOptions::new(MADE_AT);
    identities
        .create_identity_with(options, &mut Given(key))
        .await
}

/// Gives the bytes of a key where random ones are asked for.
struct Given([u8; 32]);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for (byte, given) in bytes.iter_mut().zip(self.0.iter().cycle()) {
            *byte = *given;
        }
        Ok(())
    }
}

impl TryCryptoRng for Given {}
