//! Fuzz targets for everything in `ockam_core` that reads bytes or text from somebody else.
//!
//! Each target is a plain function, `check`, that takes any bytes and panics if a promise does not
//! hold for them. So a fuzzer can run it, and a test on a stable toolchain replays the seeds.
//!
//! | file | owns |
//! |---|---|
//! | `frame` | the decoder of a connection: pieces do not matter, memory is bounded |
//! | `message` | one message: read and refused as `model` says, written again the same |
//! | `address`, `route` | text forms that come back, edits that do what lists do |
//! | `body` | bodies of many types: what decodes comes back, memory is bounded |
//! | `model` | a second reader of messages, slow and simple, to compare with |
//! | `memory` | an allocator that counts |
//! | `seed` | first inputs, from the golden vectors |
//!
//! It refuses to know how inputs are found: that is the fuzzer's work.

pub mod address;
pub mod body;
pub mod frame;
mod memory;
pub mod message;
mod model;
pub mod route;
pub mod seed;

use std::{env, fs, io};

/// Checks one input; it panics if a promise does not hold.
pub type Check = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Check); 5] = [
    ("frame", frame::check),
    ("message", message::check),
    ("address", address::check),
    ("route", route::check),
    ("body", body::check),
];

/// Checks the files that the command line names, which is how a finding is looked at.
///
/// # Errors
/// If a file cannot be read.
pub fn replay(check: Check) -> io::Result<()> {
    for path in env::args_os().skip(1) {
        check(&fs::read(path)?);
    }
    Ok(())
}
