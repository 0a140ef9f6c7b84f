//! A position in the key chain: a key and the previous one.

use super::rekey::next_key;
use crate::vault::{AeadKey, VaultError};
use core::mem;

/// The keys of one generation and of the previous one, wiped on drop.
pub(super) struct Keys {
    current: AeadKey,
    /// The generation of the current key.
    generation: u64,
    previous: Option<AeadKey>,
}

impl Keys {
    /// Starts with a key of the chain.
    pub(super) fn new(current: AeadKey, generation: u64) -> Self {
        Keys { current, generation, previous: None }
    }

    pub(super) fn current(&self) -> &AeadKey {
        &self.current
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Advances to the next key.
    pub(super) fn advance(&mut self) -> Result<(), VaultError> {
        let next = next_key(&self.current)?;
        self.replace(next);
        Ok(())
    }

    /// Copies the previous key from another position of the chain that has it.
    pub(super) fn follow(&mut self, before: Keys) {
        if before.generation + 1 == self.generation {
            self.previous.get_or_insert(before.current);
        }
    }

    /// Calls `open` with the key of a generation: the current one, the previous one, or the next,
    /// which becomes the current one if `open` succeeds.
    pub(super) fn with(&mut self, generation: u64, open: impl FnOnce(&AeadKey) -> bool) -> bool {
        if generation == self.generation {
            return open(&self.current);
        }
        if generation < self.generation {
            // The window spans at most one earlier generation, whose key is kept.
            return self.previous.as_ref().is_some_and(open);
        }
        let Ok(next) = next_key(&self.current) else { return false };
        let opens = open(&next);
        if opens {
            self.replace(next);
        }
        opens
    }

    fn replace(&mut self, next: AeadKey) {
        self.previous = Some(mem::replace(&mut self.current, next));
        self.generation += 1;
    }
}
