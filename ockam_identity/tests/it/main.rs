//! The behaviour of identities, credentials and channels, and the golden vectors.
#![allow(clippy::unwrap_used)]

mod support;
mod vault;
