//! The messages of a channel, on their way in.

use super::rekey::{LAST_NONCE, generation, next_key, nonce};
use super::window::Window;
use super::{ChannelError, NUMBER_LEN};
use crate::vault::{AeadKey, Secret, TAG_LEN};
use alloc::vec::Vec;
use core::fmt;
use core::mem;

/// Decrypts the messages that the other end of a channel sends, each once, in any order within
/// the [window](super::WINDOW).
///
/// It keeps the current key and the one before, which are wiped when they are replaced and when
/// it is dropped.
pub struct Opener {
    key: AeadKey,
    /// Which key of the chain that is.
    generation: u64,
    /// The key of the generation before.
    previous: Option<AeadKey>,
    window: Window,
}

impl Opener {
    /// Begins with the key of the handshake.
    #[must_use]
    pub fn new(key: &Secret<32>) -> Self {
        Opener { key: AeadKey::new(key), generation: 0, previous: None, window: Window::default() }
    }

    /// Decrypts a message where it is and returns its number: the buffer becomes the number and the
    /// content.
    ///
    /// # Errors
    /// [`ChannelError`] says why the message is refused; then nothing changed but the buffer,
    /// whose bytes are of no use.
    pub fn open(&mut self, buffer: &mut Vec<u8>) -> Result<u64, ChannelError> {
        let too_short = ChannelError::TooShort(buffer.len());
        let Some((head, rest)) = buffer.split_first_chunk_mut::<NUMBER_LEN>() else {
            return Err(too_short);
        };
        let number = u64::from_be_bytes(*head);
        let Some((content, tag)) = rest.split_last_chunk_mut::<TAG_LEN>() else {
            return Err(too_short);
        };
        if number == LAST_NONCE {
            return Err(ChannelError::OutsideWindow { number, top: self.window.top() });
        }
        self.window.check(number)?;
        self.decrypt(number, content, *tag)?;
        self.window.mark(number);
        buffer.truncate(buffer.len() - TAG_LEN);
        Ok(number)
    }

    /// Decrypts with the key of the message's generation, which becomes the current one if it is
    /// the next.
    fn decrypt(
        &mut self,
        number: u64,
        content: &mut [u8],
        tag: [u8; TAG_LEN],
    ) -> Result<(), ChannelError> {
        let open = |key: &AeadKey, content: &mut [u8]| {
            key.open(nonce(number), &[], content, tag)
                .map_err(|_| ChannelError::NotAuthentic(number))
        };
        let generation = generation(number);
        if generation == self.generation {
            return open(&self.key, content);
        }
        if generation < self.generation {
            // Within the window there is one generation before, and its key was kept.
            let key = self.previous.as_ref().ok_or(ChannelError::NotAuthentic(number))?;
            return open(key, content);
        }
        let next = next_key(&self.key).map_err(|_| ChannelError::NotAuthentic(number))?;
        open(&next, content)?;
        self.previous = Some(mem::replace(&mut self.key, next));
        self.generation = generation;
        Ok(())
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("window", &self.window).finish_non_exhaustive()
    }
}
