//! Access controls: which messages may enter an address, and which may leave it.
//!
//! [`WorkerBuilder`](crate::WorkerBuilder) and
//! [`start_worker_with_access_control`](crate::Handle::start_worker_with_access_control) take one for each
//! direction. `allow()` and `deny()` make mailboxes with the two that look at nothing.

pub use ockam_core::{
    AllIncoming, AllOutgoing, AllowAll, AllowOnwardAddress, AllowOnwardAddresses,
    AllowSourceAddress, AllowSourceAddresses, AnyIncoming, AnyOutgoing, Authorization, DenyAll,
    IncomingAccessControl, OutgoingAccessControl, RelayMessage, allow, deny,
};
#[cfg(feature = "identity")]
pub use ockam_identity::{
    AttributeAccessControl, IdentityAnyIdAccessControl, IdentityIdAccessControl,
};
