//! Fuzz targets for everything in `ockam_core` and `ockam_identity` that reads bytes or text from somebody else.
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
//! | `notice` | notices of failures: within their limits, and what is read comes back |
//! | `handshake` | the genuine message is taken and no other, a peer is who it says |
//! | `channel_message` | genuine messages are taken once, within the window, and no others |
//! | `history`, `credential` | what comes back, and that what is believed was signed |
//! | `model` | a second reader of messages, slow and simple, to compare with |
//! | `structure` | structures of identities: what decodes comes back |
//! | `edit` | genuine messages with changes |
//! | `memory` | an allocator that counts |
//! | `vector`, `seed` | the golden vectors, and first inputs from them |
//!
//! It refuses to know how inputs are found: that is the fuzzer's work.

pub mod address;
pub mod body;
pub mod channel_message;
pub mod credential;
mod edit;
pub mod frame;
pub mod handshake;
pub mod history;
mod memory;
pub mod message;
mod model;
pub mod notice;
pub mod route;
pub mod seed;
mod structure;
mod vector;

use std::{env, fs, io};

/// Checks one input; it panics if a promise does not hold.
pub type Check = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Check); 10] = [
    ("frame", frame::check),
    ("message", message::check),
    ("address", address::check),
    ("route", route::check),
    ("body", body::check),
    ("notice", notice::check),
    ("handshake", handshake::check),
    ("channel_message", channel_message::check),
    ("history", history::check),
    ("credential", credential::check),
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
