//! Decryption of the messages of a channel.

use super::keys::Keys;
use super::rekey::{LAST_NONCE, generation, next_key, nonce};
use super::window::{WINDOW, Window};
use super::{ChannelError, NUMBER_LEN};
use crate::vault::{AeadKey, Secret, TAG_LEN};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// Maximum number of keys that [`Opener::open_ahead`] derives for one message, which may be forged.
///
/// Each key covers 32 messages, so one message suffices to resynchronise after a loss of up to
/// 8,192 messages, and the next message searches as far again. Without `std` the limit is 32 keys
/// (1,024 messages), because a small processor is a hundred times slower.
#[cfg(feature = "std")]
pub const MAX_KEYS_AHEAD: u64 = 256;
/// Maximum number of keys that [`Opener::open_ahead`] derives for one message, which may be forged.
#[cfg(not(feature = "std"))]
pub const MAX_KEYS_AHEAD: u64 = 32;

/// Decrypts the messages that the other end of a channel sends, each once, in any order within
/// the [window](super::WINDOW).
///
/// It keeps the current key and the previous one, which are wiped when they are replaced and on
/// drop.
///
/// After a loss of more messages than the window covers, every message is beyond the window:
/// [`open`](Self::open) rejects it, [`open_ahead`](Self::open_ahead) still verifies it, and
/// [`resume`](Self::resume) moves the window there once the loss is certain.
pub struct Opener {
    chain: Chain,
    /// The last messages that verified beyond the window.
    ahead: Option<Box<Chain>>,
    /// Keys derived so far for a message beyond the reach of one search.
    search: Option<Box<Keys>>,
}

/// A position in the key chain, and the window of the messages accepted around it.
struct Chain {
    keys: Keys,
    window: Window,
}

impl Opener {
    /// Creates an opener with the key of the handshake.
    #[must_use]
    pub fn new(key: &Secret<32>) -> Self {
        let chain = Chain { keys: Keys::new(AeadKey::new(key), 0), window: Window::default() };
        Opener { chain, ahead: None, search: None }
    }

    /// Decrypts a message in place and returns its number. The buffer then holds the number and the
    /// content.
    ///
    /// # Errors
    /// [`ChannelError`] if the message is rejected. The opener is then unchanged and the content of
    /// the buffer unspecified; after [`ChannelError::OutsideWindow`] the buffer is unchanged too.
    pub fn open(&mut self, buffer: &mut Vec<u8>) -> Result<u64, ChannelError> {
        let number = self.chain.open(buffer)?;
        if self.ahead.is_some() {
            // Messages within the window still arrive, so the loss is not certain.
            self.ahead = None;
        }
        Ok(number)
    }

    /// Decrypts a message that [`open`](Self::open) has rejected because its number is too great.
    /// The window does not move: until [`resume`](Self::resume) the message does not count as
    /// accepted, and a message that `open` accepts discards it.
    ///
    /// A message costs at most [`MAX_KEYS_AHEAD`] derivations. If it is further ahead, the next call
    /// continues the search.
    ///
    /// # Errors
    /// [`ChannelError`] if the message is rejected: it is forged, was received before, or is
    /// further ahead than the search has reached.
    pub fn open_ahead(&mut self, buffer: &mut Vec<u8>) -> Result<u64, ChannelError> {
        let number = number(buffer)?;
        let top = self.chain.window.top();
        let outside = ChannelError::OutsideWindow { number, top };
        if number <= top.saturating_add(WINDOW) || number == LAST_NONCE {
            return Err(outside);
        }
        if let Some(ahead) = &mut self.ahead
            && number <= ahead.window.top().saturating_add(WINDOW)
        {
            return ahead.open(buffer);
        }
        let Some(keys) = self.find(generation(number)) else { return Err(outside) };
        let mut found = Chain { keys, window: Window::at(number) };
        if found.decrypt(number, buffer).is_err() {
            return Err(outside);
        }
        found.window.mark(number);
        (self.ahead, self.search) = (Some(Box::new(found)), None);
        Ok(number)
    }

    /// Moves the window to the messages that [`open_ahead`](Self::open_ahead) has verified: they
    /// count as accepted, and messages before the new window are rejected from now on.
    pub fn resume(&mut self) {
        let Some(ahead) = self.ahead.take() else { return };
        let before = core::mem::replace(&mut self.chain, *ahead);
        self.chain.keys.follow(before.keys);
        self.search = None;
    }

    /// Derives the keys of a generation beyond the window, within the limit for one message.
    fn find(&mut self, generation: u64) -> Option<Keys> {
        let search = self.search.take().filter(|keys| keys.generation() <= generation);
        let mut keys = match search {
            Some(search) => *search,
            None => {
                let known = self.ahead.as_ref().map_or(&self.chain, |ahead| ahead);
                let next = next_key(known.keys.current()).ok()?;
                Keys::new(next, known.keys.generation() + 1)
            }
        };
        let mut derived = 1;
        while keys.generation() < generation && derived < MAX_KEYS_AHEAD {
            keys.advance().ok()?;
            derived += 1;
        }
        if keys.generation() == generation {
            return Some(keys);
        }
        self.search = Some(Box::new(keys));
        None
    }
}

impl Chain {
    fn open(&mut self, buffer: &mut Vec<u8>) -> Result<u64, ChannelError> {
        let number = number(buffer)?;
        if number == LAST_NONCE {
            return Err(ChannelError::OutsideWindow { number, top: self.window.top() });
        }
        self.window.check(number)?;
        self.decrypt(number, buffer)?;
        self.window.mark(number);
        Ok(number)
    }

    /// Decrypts with the key of the message's generation, which becomes the current one if it is
    /// the next. The tag is removed.
    fn decrypt(&mut self, number: u64, buffer: &mut Vec<u8>) -> Result<(), ChannelError> {
        let too_short = ChannelError::TooShort(buffer.len());
        let rest = buffer.get_mut(NUMBER_LEN..);
        let Some((content, tag)) = rest.and_then(<[u8]>::split_last_chunk_mut::<TAG_LEN>) else {
            return Err(too_short);
        };
        let not_authentic = ChannelError::NotAuthentic(number);
        let opened = self
            .keys
            .with(generation(number), |key| key.open(nonce(number), &[], content, *tag).is_ok());
        if !opened {
            return Err(not_authentic);
        }
        buffer.truncate(buffer.len() - TAG_LEN);
        Ok(())
    }
}

/// Reads the number of a message, if it is long enough.
fn number(buffer: &[u8]) -> Result<u64, ChannelError> {
    match buffer.first_chunk::<NUMBER_LEN>() {
        Some(head) if buffer.len() >= NUMBER_LEN + TAG_LEN => Ok(u64::from_be_bytes(*head)),
        _ => Err(ChannelError::TooShort(buffer.len())),
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("window", &self.chain.window).finish_non_exhaustive()
    }
}
