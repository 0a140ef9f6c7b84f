//! A place in the chain of keys: a key, and the one before it.

use super::rekey::next_key;
use crate::vault::{AeadKey, VaultError};
use core::mem;

/// The keys of one generation and of the one before, which are wiped when they are dropped.
pub(super) struct Keys {
    current: AeadKey,
    /// Which key of the chain the current one is.
    generation: u64,
    previous: Option<AeadKey>,
}

impl Keys {
    /// Begins with a key of the chain.
    pub(super) fn new(current: AeadKey, generation: u64) -> Self {
        Keys { current, generation, previous: None }
    }

    pub(super) fn current(&self) -> &AeadKey {
        &self.current
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Goes on to the next key.
    pub(super) fn advance(&mut self) -> Result<(), VaultError> {
        let next = next_key(&self.current)?;
        self.replace(next);
        Ok(())
    }

    /// Takes over the key before this one if another place in the chain has it.
    pub(super) fn follow(&mut self, before: Keys) {
        if before.generation + 1 == self.generation {
            self.previous.get_or_insert(before.current);
        }
    }

    /// Opens something with the key of a generation: the current one, the one before, or the next,
    /// which becomes the current one if it does open it.
    pub(super) fn with(&mut self, generation: u64, open: impl FnOnce(&AeadKey) -> bool) -> bool {
        if generation == self.generation {
            return open(&self.current);
        }
        if generation < self.generation {
            // Within the window there is one generation before, and its key was kept.
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
