//! Random addresses and ids.

use crate::executor;
use crate::sync::Lock;
use ockam_core::Result;

/// How many bytes are drawn at a time, so that most ids cost no call to the system.
const BLOCK: usize = 1024;

/// Hands out random bits, each once.
pub(crate) struct Random(Lock<Block>);

struct Block {
    bytes: [u8; BLOCK],
    used: usize,
}

impl Random {
    /// Draws the first block, so that a system without a random source is found out here.
    pub(crate) fn new() -> Result<Self> {
        let mut bytes = [0; BLOCK];
        executor::random(&mut bytes)?;
        Ok(Random(Lock::new(Block { bytes, used: 0 })))
    }

    /// Draws 128 random bits.
    ///
    /// # Panics
    /// If the system's random source worked before and fails now. Going on with bits that can be
    /// guessed would be worse, since addresses and keys rest on them.
    pub(crate) fn draw(&self) -> [u8; 16] {
        self.0.with(|block| {
            if block.used == BLOCK {
                if let Err(error) = executor::random(&mut block.bytes) {
                    panic!("the random source of the system has failed: {error}");
                }
                block.used = 0;
            }
            let (start, end) = (block.used, block.used + 16);
            let mut bits = [0; 16];
            bits.copy_from_slice(&block.bytes[start..end]);
            // What was handed out is not kept.
            block.bytes[start..end].fill(0);
            block.used = end;
            bits
        })
    }
}
