//! The errors inside of an [`Error`], for callers that act on more than its kind.
//!
//! [`Error::downcast`] and [`Error::downcast_ref`] give them.

pub use ockam_core::{
    AddressError, DecodeError, EncodeError, Error, ErrorKind, FailureReason, Mismatch, RouteError,
};
#[cfg(feature = "std")]
pub use ockam_node::{Audience, RemoteFailure};
pub use ockam_node::{SendError, SendErrorReason, StopError};
