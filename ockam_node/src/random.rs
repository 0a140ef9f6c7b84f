//! Random addresses and ids, from the system or from a source that the program brings.

use crate::executor;
#[cfg(feature = "std")]
use crate::executor::{Panic, catch_call};
use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use ockam_core::Result;

/// How many bytes are drawn at a time, so that most ids cost no call to the system. Without a
/// system a call is cheap and memory is not.
const BLOCK: usize = if cfg!(feature = "std") { 1024 } else { 64 };

/// Hands out random bits, each once.
pub(crate) struct Random {
    source: Option<RandomSource>,
    block: Lock<Block>,
}

/// A source that the program brings; clones draw from the same one.
///
/// It is user code that runs under a lock, its own, which nothing else takes. With `std`, when it
/// panics the system is asked instead: what draws may be a listener or a connection, which is not
/// the source's owner.
#[derive(Clone)]
pub(crate) struct RandomSource(Arc<Lock<Box<Fill>>>);

/// Fills a buffer with random bytes.
type Fill = dyn FnMut(&mut [u8]) + Send;

struct Block {
    bytes: [u8; BLOCK],
    used: usize,
}

impl Random {
    /// Draws the first block, so that a system without a random source is found out here. Without
    /// a source of its own the node asks the system.
    pub(crate) fn new(source: Option<RandomSource>) -> Result<Self> {
        let mut bytes = [0; BLOCK];
        tell(fill(source.as_ref(), &mut bytes)?);
        Ok(Random { source, block: Lock::new(Block { bytes, used: 0 }) })
    }

    /// Draws 128 random bits.
    ///
    /// # Panics
    /// If the system's random source worked before and fails now. Going on with bits that can be
    /// guessed would be worse, since addresses and keys rest on them.
    pub(crate) fn draw(&self) -> [u8; 16] {
        let mut told = Told::default();
        let bits = self.block.with(|block| {
            if block.used == BLOCK {
                match fill(self.source.as_ref(), &mut block.bytes) {
                    Ok(filled) => told = filled,
                    Err(error) => panic!("the random source of the system has failed: {error}"),
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
        });
        tell(told);
        bits
    }
}

/// The panic of a source for which the system has filled a block. The log is told where no lock is
/// held: whoever writes it is the program's code.
#[cfg(feature = "std")]
type Told = Option<Panic>;
/// Nothing is caught.
#[cfg(not(feature = "std"))]
#[derive(Default)]
struct Told {}

#[cfg(feature = "std")]
fn fill(source: Option<&RandomSource>, bytes: &mut [u8]) -> Result<Told> {
    let Some(source) = source else { return executor::random(bytes).map(|()| None) };
    match catch_call(|| source.0.with(|fill| fill(bytes))) {
        Ok(()) => Ok(None),
        Err(panic) => executor::random(bytes).map(|()| Some(panic)),
    }
}

#[cfg(not(feature = "std"))]
fn fill(source: Option<&RandomSource>, bytes: &mut [u8]) -> Result<Told> {
    match source {
        Some(source) => {
            source.0.with(|fill| fill(bytes));
            Ok(Told {})
        }
        None => executor::random(bytes).map(|()| Told {}),
    }
}

#[cfg(feature = "std")]
fn tell(told: Told) {
    if let Some(panic) = told {
        tracing::error!(%panic, "the random source of the program panicked; the system was asked instead");
    }
}

#[cfg(not(feature = "std"))]
fn tell(_: Told) {}

impl RandomSource {
    pub(crate) fn new(fill: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        RandomSource(Arc::new(Lock::new(Box::new(fill))))
    }
}

impl fmt::Debug for RandomSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomSource")
    }
}
