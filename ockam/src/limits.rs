//! What bounds the mailboxes and waits of a node, unless its builders and options say otherwise.

#[cfg(feature = "std")]
pub use ockam_node::{ByteBudget, ByteCharge, DEFAULT_BLOCKING_LIMIT, DEFAULT_MAILBOX_BYTES};
pub use ockam_node::{DEFAULT_MAILBOX_CAPACITY, DEFAULT_TIMEOUT};
#[cfg(not(feature = "std"))]
pub use ockam_node::{DEFAULT_TASK_SLOTS, MAX_TASK_SLOTS};
