//! The messages of a channel, on their way in.

use super::keys::Keys;
use super::rekey::{LAST_NONCE, generation, next_key, nonce};
use super::window::{WINDOW, Window};
use super::{ChannelError, NUMBER_LEN};
use crate::vault::{AeadKey, Secret, TAG_LEN};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

/// How many keys [`Opener::open_ahead`] derives at most for one message, which may be forged.
///
/// Each key is that of 32 messages, so one message finds the place in the chain after a loss of up
/// to 8,192 messages, and the next message searches as far again. Without an operating system it
/// is 32 keys (1,024 messages), because a small processor is a hundred times slower.
#[cfg(feature = "std")]
pub const MAX_KEYS_AHEAD: u64 = 256;
/// How many keys [`Opener::open_ahead`] derives at most for one message, which may be forged.
#[cfg(not(feature = "std"))]
pub const MAX_KEYS_AHEAD: u64 = 32;

/// Decrypts the messages that the other end of a channel sends, each once, in any order within
/// the [window](super::WINDOW).
///
/// It keeps the current key and the one before, which are wiped when they are replaced and when
/// it is dropped.
///
/// After a loss of more messages than the window has, every message is beyond the window.
/// [`open`](Self::open) refuses it, [`open_ahead`](Self::open_ahead) verifies it all the same, and
/// [`resume`](Self::resume) moves the window there once the loss is certain.
pub struct Opener {
    chain: Chain,
    /// Where the peer seems to be: the last messages that verified beyond the window.
    ahead: Option<Box<Chain>>,
    /// Keys that were derived for a message beyond the reach of one search.
    search: Option<Box<Keys>>,
}

/// A place in the chain of keys, and the messages that came around it.
struct Chain {
    keys: Keys,
    window: Window,
}

impl Opener {
    /// Begins with the key of the handshake.
    #[must_use]
    pub fn new(key: &Secret<32>) -> Self {
        let chain = Chain { keys: Keys::new(AeadKey::new(key), 0), window: Window::default() };
        Opener { chain, ahead: None, search: None }
    }

    /// Decrypts a message where it is and returns its number: the buffer becomes the number and the
    /// content.
    ///
    /// # Errors
    /// [`ChannelError`] says why the message is refused; then nothing changed but the buffer,
    /// whose bytes are of no use. After [`ChannelError::OutsideWindow`] the buffer is as it was.
    pub fn open(&mut self, buffer: &mut Vec<u8>) -> Result<u64, ChannelError> {
        let number = self.chain.open(buffer)?;
        if self.ahead.is_some() {
            // Messages from around the window still arrive: nothing says that they were lost.
            self.ahead = None;
        }
        Ok(number)
    }

    /// Decrypts a message that [`open`](Self::open) has refused because its number is too great.
    /// The window stays where it is: until [`resume`](Self::resume) the message does not count as
    /// accepted, and a message that `open` accepts makes this one void.
    ///
    /// A message costs at most [`MAX_KEYS_AHEAD`] derivations. For one that is further away, the
    /// next call goes on where this one has stopped.
    ///
    /// # Errors
    /// [`ChannelError`] says why the message is refused: it is forged, was here before, or is
    /// further away than the search has come.
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

    /// Goes on where the messages are that [`open_ahead`](Self::open_ahead) has verified: they
    /// count as accepted, and what was lost before them is refused from now on.
    pub fn resume(&mut self) {
        let Some(ahead) = self.ahead.take() else { return };
        let before = core::mem::replace(&mut self.chain, *ahead);
        self.chain.keys.follow(before.keys);
        self.search = None;
    }

    /// Finds the keys of a generation beyond the window, as far as one message may search.
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
    /// the next. The tag is cut off.
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

/// Reads the number of a message that is long enough to be one.
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
