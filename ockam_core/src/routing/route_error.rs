//! What can be wrong with a route.
//!
//! It owns the words and the kind under which they leave the crate. It refuses to know whose route
//! it was.

use core::error::Error;
use core::fmt;

use super::address_error::AddressError;
use super::route::MAX_ROUTE_LEN;
use crate::{ErrorKind, TEXTS};

/// Says why a route cannot be used.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "texts", derive(Debug))]
#[non_exhaustive]
pub enum RouteError {
    /// The route has no address.
    Empty,
    /// The route has more than [`MAX_ROUTE_LEN`] hops.
    TooLong {
        /// The number of its hops.
        hops: usize,
    },
    /// One of the addresses is wrong.
    Address {
        /// Which one; the first is 1.
        hop: usize,
        /// What is wrong with it.
        error: AddressError,
    },
}

impl RouteError {
    /// Checks a number of hops against the limit.
    pub(super) fn check_len(hops: usize) -> Result<(), Self> {
        if hops > MAX_ROUTE_LEN {
            return Err(Self::TooLong { hops });
        }
        Ok(())
    }

    /// Turns into the error of the crate, with the kind that the conversion by `?` cannot know.
    #[cold]
    pub(super) fn into_invalid_input(self) -> crate::Error {
        crate::Error::with_kind(ErrorKind::InvalidInput, self)
    }
}

impl Error for RouteError {}

#[cfg(not(feature = "texts"))]
impl fmt::Debug for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return fmt::Display::fmt(&ErrorKind::InvalidInput, f);
        }
        match self {
            Self::Empty => f.write_str("the route is empty: it needs at least one address"),
            Self::TooLong { hops } => {
                write!(f, "route of {hops} hops is longer than the limit of {MAX_ROUTE_LEN} hops")
            }
            Self::Address { hop, error } => write!(f, "hop {hop}: {error}"),
        }
    }
}
