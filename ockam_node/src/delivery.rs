//! A message on its way from a sender to a mailbox.
//!
//! | file | owns |
//! |---|---|
//! | `attempt` | the hot path: how far a message gets without waiting |
//! | `future` | what a sender awaits |
//! | `gates` | both access controls, and the push |
//! | `access` | asking access controls, which are code of the program |
//! | `in_line` | a sender in the line of a full mailbox |
//! | `long_wait` | lines that do not move: a WARN with both ends |
//! | `answering`, `came_by` | how long an answer to a message from outside waits for its connection |
//! | `unresolved`, `resolve`, `transports` | routes that name a transport |
//! | `send_error`, `suggest` | why a message was not sent, and which address may have been meant |
//! | `typed_body` | a body that is not encoded before its bytes are asked for |
//! | `shortcut` | the way into a worker at rest, past its mailbox |
//!
//! It refuses to know what a worker does.

pub(crate) mod access;
#[cfg(feature = "std")]
pub(crate) mod answering;
pub(crate) mod attempt;
#[cfg(feature = "std")]
pub(crate) mod came_by;
pub(crate) mod future;
pub(crate) mod gates;
pub(crate) mod in_line;
#[cfg(feature = "std")]
pub(crate) mod long_wait;
mod resolve;
pub(crate) mod send_error;
#[cfg(feature = "std")]
pub(crate) mod shortcut;
pub(crate) mod suggest;
pub(crate) mod transports;
pub(crate) mod typed_body;
pub(crate) mod unresolved;

#[cfg(feature = "std")]
pub use self::answering::ANSWER_PATIENCE;
#[cfg(feature = "std")]
pub use self::long_wait::LONG_WAIT;
pub use self::send_error::{SendError, SendErrorReason};
#[cfg(feature = "std")]
pub use self::shortcut::{Shortcut, Turn};
