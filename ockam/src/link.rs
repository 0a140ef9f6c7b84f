//! Links, which are connections, channels and relays: whether they are up, and waiting for it.

#[cfg(feature = "std")]
pub use ockam_node::{LINK_DOWN_WARNING, LinkInfo, LinkStatus, LinkWatch};
pub use ockam_node::{LINK_EAGER_FOR, LINK_EAGER_WAIT, LinkKind, LinkState};
