//! Structures of identities and credentials in CBOR: what decodes comes back, in bounded memory.
//!
//! It owns these two promises. It refuses to know what a structure says; `history` and
//! `credential` do.

use std::fmt::Debug;

use ockam_identity::Structure;

use crate::memory::peak_of;

/// What may be held for each byte: an attribute takes three bytes there and two vectors in a map
/// here, and a list doubles its room while it moves.
const HELD_PER_BYTE: usize = 192;

/// What may be held in any case.
const HELD_AT_LEAST: usize = 4096;

/// Decodes bytes. What decodes is written, and what was written is read as the same and written
/// the same.
pub(crate) fn check_as<T: Structure + PartialEq + Debug>(data: &[u8]) -> Option<T> {
    let (decoded, peak) = peak_of(|| T::decode(data));
    assert!(
        peak <= HELD_AT_LEAST + HELD_PER_BYTE * data.len(),
        "{peak} bytes are taken for {}",
        data.len()
    );
    match decoded {
        Ok(value) => {
            let written = value.encode();
            let again = T::decode(&written).expect("what was written can be read");
            assert_eq!(again, value);
            assert_eq!(again.encode(), written);
            Some(value)
        }
        Err(error) => {
            assert!(error.to_string().len() < 500);
            None
        }
    }
}
