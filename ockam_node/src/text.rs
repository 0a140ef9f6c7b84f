//! Texts of errors, which a program without the feature `texts` does not have.

use alloc::format;
use alloc::string::String;
use core::fmt::Display;
use ockam_core::{Error, ErrorKind, TEXTS};

/// Says that the heap is too full for something that is about to start.
pub(crate) fn no_memory<T: Display>(what_for: impl FnOnce() -> T) -> Error {
    Error::with_text(ErrorKind::Full, || format!("there is no memory {}", what_for()))
}

/// Makes a text, or an empty one in a program whose errors have no texts.
pub(crate) fn text(make: impl FnOnce() -> String) -> String {
    if TEXTS { make() } else { String::new() }
}
