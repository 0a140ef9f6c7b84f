//! Random bits of a node, as the protocols take them.

use core::convert::Infallible;
use ockam_node::Handle;
use rand_core::{TryCryptoRng, TryRng};

/// Draws random bits from a node's source.
///
/// # Panics
/// As [`Handle::random_bits`].
#[derive(Clone, Debug)]
pub struct NodeRng(Handle);

impl NodeRng {
    /// Draws from the source of the node that the handle belongs to.
    #[must_use]
    pub fn new(handle: &Handle) -> Self {
        NodeRng(handle.clone())
    }

    /// Draws a number of 32 bits, to name a request.
    pub(crate) fn small_number(&mut self) -> u64 {
        let Ok(number) = self.try_next_u32();
        number.into()
    }
}

impl TryRng for NodeRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let [a, b, c, d, ..] = self.0.random_bits();
        Ok(u32::from_le_bytes([a, b, c, d]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let [a, b, c, d, e, f, g, h, ..] = self.0.random_bits();
        Ok(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(16) {
            chunk.copy_from_slice(&self.0.random_bits()[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for NodeRng {}
