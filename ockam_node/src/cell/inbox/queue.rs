//! The queue of a mailbox.

#[cfg(not(feature = "std"))]
use super::ring::Ring;
use ockam_core::LocalMessage;

/// Messages in the order in which they came.
#[cfg(feature = "std")]
pub(crate) type Queue = alloc::collections::VecDeque<LocalMessage>;
#[cfg(not(feature = "std"))]
pub(crate) type Queue = Ring<LocalMessage>;
