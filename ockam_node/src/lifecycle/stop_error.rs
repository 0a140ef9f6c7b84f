//! What a stop of a node cut off.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use ockam_core::{Address, ErrorKind, TEXTS};

/// How many of the workers that were cut off the error's text names.
const NAMED: usize = 5;

/// Says what a node's stop cut off at its deadline.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "texts", derive(Debug))]
pub struct StopError {
    pub(crate) cut_off: Vec<(Address, String)>,
    pub(crate) undelivered: usize,
}

impl StopError {
    /// Lists the workers that were cut off, with the names of their types.
    pub fn cut_off(&self) -> impl Iterator<Item = (&Address, &str)> {
        self.cut_off.iter().map(|(address, name)| (address, name.as_str()))
    }

    /// Counts the messages that waited for them.
    #[must_use]
    pub fn undelivered(&self) -> usize {
        self.undelivered
    }
}

#[cfg(not(feature = "texts"))]
impl fmt::Debug for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !TEXTS {
            return fmt::Display::fmt(&ErrorKind::TimedOut, f);
        }
        let count = self.cut_off.len();
        let s = if count == 1 { "" } else { "s" };
        write!(f, "the node stopped at its deadline and cut off {count} busy worker{s}:")?;
        for (address, name) in self.cut_off.iter().take(NAMED) {
            write!(f, " {address} (`{name}`)")?;
        }
        if count > NAMED {
            f.write_str(" ...")?;
        }
        match self.undelivered {
            0 => Ok(()),
            1 => f.write_str("; 1 message was not handled"),
            many => write!(f, "; {many} messages were not handled"),
        }
    }
}

impl core::error::Error for StopError {}
