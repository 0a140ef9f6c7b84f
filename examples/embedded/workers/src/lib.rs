//! What a board and the computer at its serial port have in common: the messages between them, and
//! a worker that runs on both, from this source.
#![no_std]

extern crate alloc;

mod average;

pub use average::Average;

use ockam::Message;
use serde::{Deserialize, Serialize};

/// What the sensor has measured.
#[derive(Clone, Debug, Message, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Counts from one on since the board was started.
    pub number: u32,
    pub millidegrees: i32,
}

/// What the board can be told to do.
#[derive(Clone, Debug, Message, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Measure so often.
    MeasureEvery { millis: u32 },
    /// Start anew, as if it had been switched off and on.
    Reset,
    /// Switch off.
    Off,
}
