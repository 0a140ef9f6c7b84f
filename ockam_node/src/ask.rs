//! Asks: a question, and the wait for its answer.
//!
//! | file | owns |
//! |---|---|
//! | `slot` | where the answer arrives |
//! | `pool` | lending slots and timers to asks |
//! | `future` | what an asker awaits |
//! | `connection_lost` | waiting for the loss of a connection: an ask without a question |
//! | `reply_to` | who waits for the answer to a message |
//! | `unanswered` | the askers of a worker that ends |
//! | `notice`, `audience`, `remote_failure` | failures told to askers on other nodes; with `std` only |
//!
//! It refuses to know the types of messages.

#[cfg(feature = "std")]
pub(crate) mod audience;
mod connection_lost;
pub(crate) mod future;
#[cfg(feature = "std")]
pub(crate) mod notice;
pub(crate) mod pool;
#[cfg(feature = "std")]
mod remote_failure;
#[cfg(feature = "std")]
pub(crate) mod reply_to;
pub(crate) mod slot;
pub(crate) mod unanswered;

#[cfg(feature = "std")]
pub use self::audience::Audience;
pub use self::connection_lost::ConnectionLost;
#[cfg(feature = "std")]
pub use self::remote_failure::RemoteFailure;
