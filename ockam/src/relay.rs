//! Relays: how a node that nobody can connect to is reached.
//!
//! The owner connects to a node that everybody reaches, and registers there with a relay service.
//! What is sent to the relay's name travels back along the owner's own connection.
//!
//! ```text
//!   owner ── registration ──> service          at the reachable node
//!     ^                          │ starts
//!     └── connection ── relay <──┘ <── messages of others, to the relay's name
//! ```
//!
//! It owns both ends of a registration, as `docs/protocol.md` writes it down. It refuses to know
//! what carries the messages: any transport and any channel does.
//!
//! | file | owns |
//! |---|---|
//! | `service`, `service_options` | the calls of the reachable node |
//! | `registrar`, `refusal` | registrations, one after the other, and why one is refused |
//! | `names` | which relays there are: plain data |
//! | `forwarder` | a relay |
//! | `remote`, `remote_options` | the calls of the owner |
//! | `registration` | one registration, from the owner's side |
//! | `keeper`, `attempts` | registering again, and when |
//! | `inlet` | the owner's address that the service knows |

mod attempts;
#[cfg(feature = "std")]
mod forwarder;
mod inlet;
mod keeper;
#[cfg(feature = "std")]
mod names;
#[cfg(feature = "std")]
mod refusal;
#[cfg(feature = "std")]
mod registrar;
mod registration;
mod remote;
mod remote_options;
#[cfg(feature = "std")]
mod service;
#[cfg(feature = "std")]
mod service_options;

#[cfg(feature = "std")]
pub use refusal::RelayRefusal;
pub use remote::{RemoteRelay, RemoteRelayInfo};
pub use remote_options::RemoteRelayOptions;
#[cfg(feature = "std")]
pub use service::RelayService;
#[cfg(feature = "std")]
pub use service_options::RelayServiceOptions;

use core::time::Duration;
use ockam_core::MAX_ADDRESS_LEN;

/// The address at which a relay service is usually found; who registers there gets a random name.
pub const FORWARDING_SERVICE: &str = "forwarding_service";

/// The address at which a relay service is usually asked for a name of the owner's choice; Ockam
/// 0.150 has the same service behind both.
pub const STATIC_FORWARDING_SERVICE: &str = "static_forwarding_service";

/// What a service puts in front of the names of its relays, unless its options say otherwise. It
/// is the prefix that nodes of Ockam 0.150 use.
pub const DEFAULT_RELAY_PREFIX: &str = "forward_to_";

/// How many relays a service runs at a time, unless its options say otherwise.
pub const DEFAULT_MAX_RELAYS: usize = 1024;

/// How many relays of a service lead to one connection or channel at a time, unless its options
/// say otherwise.
pub const DEFAULT_MAX_RELAYS_PER_CONNECTION: usize = 64;

/// The most bytes that the name of a relay may have, the service's prefix included: those of an
/// address.
pub const MAX_RELAY_NAME_LEN: usize = MAX_ADDRESS_LEN;

/// How long an owner waits before it tries again to register, after the first attempt that fails.
/// Each wait is twice as long as the one before, up to [`LINK_EAGER_WAIT`](crate::link::LINK_EAGER_WAIT)
/// for the first [`LINK_EAGER_FOR`](crate::link::LINK_EAGER_FOR), and up to [`RELAY_LONGEST_WAIT`] after
/// that; chance shortens it by up to a half.
pub const RELAY_FIRST_WAIT: Duration = Duration::from_millis(250);

/// How long an owner waits at most before it tries again to register, unless its options say
/// otherwise.
pub const RELAY_LONGEST_WAIT: Duration = Duration::from_secs(15);

/// How long an attempt to register again waits for the answer, if that is less than the timeout of
/// the options; after each attempt without an answer twice as long.
pub const RELAY_ATTEMPT_LIMIT: Duration = Duration::from_secs(2);

/// The body of a registration that leaves the name to the service. `docs/protocol.md`, section 7.
const ANY_NAME: &str = "register";
