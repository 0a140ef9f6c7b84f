//! Encryption of the messages of a channel.

use super::rekey::{LAST_NONCE, REKEY_INTERVAL, next_key, nonce};
use super::{ChannelError, NUMBER_LEN};
use crate::vault::{AeadKey, Secret, TAG_LEN};
use alloc::vec::Vec;
use core::fmt;

/// Number of bytes that encryption adds to the content of a message.
pub const CHANNEL_OVERHEAD: usize = NUMBER_LEN + TAG_LEN;

/// Encrypts the messages that one end of a channel sends.
///
/// Its key is replaced every [`REKEY_INTERVAL`] messages, and wiped on drop.
pub struct Sealer {
    key: AeadKey,
    /// The number of the next message.
    number: u64,
}

impl Sealer {
    /// Creates a sealer with the key of the handshake.
    #[must_use]
    pub fn new(key: &Secret<32>) -> Self {
        Sealer { key: AeadKey::new(key), number: 0 }
    }

    /// Encrypts a message in place: the first eight bytes of the buffer are reserved for its number,
    /// the rest is its content, and the tag is appended.
    ///
    /// # Errors
    /// [`ChannelError::Exhausted`] after 2^64 - 1 messages: the channel has to stop.
    /// [`ChannelError::TooShort`] if there is no room for the number, and
    /// [`ChannelError::TooLong`] for a content of more than 64 GiB. Nothing is encrypted then.
    pub fn seal(&mut self, buffer: &mut Vec<u8>) -> Result<(), ChannelError> {
        let len = buffer.len();
        let number = self.number;
        if number == LAST_NONCE {
            return Err(ChannelError::Exhausted);
        }
        let (head, content) =
            buffer.split_at_mut_checked(NUMBER_LEN).ok_or(ChannelError::TooShort(len))?;
        if number > 0 && number.is_multiple_of(REKEY_INTERVAL) {
            // 32 bytes are never too long, and a used number is never used again.
            self.key = next_key(&self.key).map_err(|_| ChannelError::TooLong(len))?;
        }
        head.copy_from_slice(&number.to_be_bytes());
        self.number += 1;
        let tag = self.key.seal(nonce(number), &[], content);
        buffer.extend_from_slice(&tag.map_err(|_| ChannelError::TooLong(len))?);
        Ok(())
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn the_last_number_is_not_used() {
        let mut sealer = Sealer { number: LAST_NONCE - 1, ..Sealer::new(&Secret::from([7; 32])) };
        let mut buffer = vec![0; NUMBER_LEN];
        assert_eq!(sealer.seal(&mut buffer), Ok(()));
        assert_eq!(buffer[..NUMBER_LEN], (LAST_NONCE - 1).to_be_bytes());
        let before = buffer.clone();
        for _ in 0..2 {
            assert_eq!(sealer.seal(&mut buffer), Err(ChannelError::Exhausted));
            assert_eq!(buffer, before);
        }
    }
}
