//! One direction of a link as plain data: frames go in at one time and come out at a later one, or
//! are lost.
//!
//! It owns what happens to a frame. It does not know clocks or tasks: the time is an argument,
//! counted from the creation of the network.
//!
//! ```text
//!            offer                       poll
//!  frame ──────────> lost?  cut?  ──> [ in flight, by the time it is due ] ──> frame
//! Open  ── finish ──> Finishing ── nothing in flight ──> Ended
//! Open, Finishing ── abort, which loses what is in flight ──> Ended
//! ```
//!
//! A cut loses everything, including the notification of the end, until it is healed.

use crate::{Counters, Dice, LinkOptions, MAX_BYTES_IN_FLIGHT, MAX_FRAMES_IN_FLIGHT};
use std::collections::BTreeMap;
use std::time::Duration;

/// One direction of a link.
#[derive(Debug)]
pub(crate) struct Lane {
    options: LinkOptions,
    dice: Dice,
    /// Ordered by due time, then by the order in which they were sent.
    in_flight: BTreeMap<(Duration, u64), Vec<u8>>,
    bytes: usize,
    next: u64,
    /// Due time of the last frame that must not be overtaken.
    last_due: Duration,
    cut: bool,
    state: State,
    counters: Counters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The lane accepts no more frames.
    Finishing,
    Ended,
}

/// Result of offering a frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// The frame is in flight, this number of times.
    Sent {
        copies: usize,
    },
    Lost,
    /// There is no room: offer the frame again after a delivery.
    Full(Vec<u8>),
    /// The lane accepts no more frames.
    Closed,
}

/// Result of polling for the next frame.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Frame(Vec<u8>),
    /// No frame before this time, unless one is sent.
    Later(Duration),
    /// No frame is in flight.
    Empty,
    Ended,
}

impl Lane {
    pub(crate) fn new(options: LinkOptions, dice: Dice) -> Self {
        Lane {
            options,
            dice,
            in_flight: BTreeMap::new(),
            bytes: 0,
            next: 0,
            last_due: Duration::ZERO,
            cut: false,
            state: State::Open,
            counters: Counters::default(),
        }
    }

    pub(crate) fn offer(&mut self, frame: Vec<u8>, now: Duration) -> Offered {
        // A receiver that is cut off is not notified that the other end has ended.
        if self.state != State::Open && !self.cut {
            return Offered::Closed;
        }
        if !self.has_room(frame.len()) {
            return Offered::Full(frame);
        }
        self.counters.sent += 1;
        if self.cut || self.dice.happens(self.options.loss) {
            self.counters.lost += 1;
            return Offered::Lost;
        }
        let mut copies = 1;
        if self.dice.happens(self.options.duplication) {
            self.counters.duplicated += 1;
            copies = 2;
            self.put(frame.clone(), now);
        }
        self.put(frame, now);
        Offered::Sent { copies }
    }

    /// Returns whether a frame fits. One of any size fits if no other is in flight.
    fn has_room(&self, len: usize) -> bool {
        self.in_flight.is_empty()
            || (self.in_flight.len() < MAX_FRAMES_IN_FLIGHT
                && self.bytes + len <= MAX_BYTES_IN_FLIGHT)
    }

    fn put(&mut self, frame: Vec<u8>, now: Duration) {
        let mut due = now.saturating_add(self.options.delay(&mut self.dice));
        if !self.options.reordering {
            due = due.max(self.last_due);
            self.last_due = due;
        }
        self.bytes += frame.len();
        self.in_flight.insert((due, self.next), frame);
        self.next += 1;
    }

    pub(crate) fn poll(&mut self, now: Duration) -> Polled {
        match self.in_flight.first_entry() {
            Some(first) if first.key().0 <= now => {
                let frame = first.remove();
                self.bytes -= frame.len();
                self.counters.delivered += 1;
                Polled::Frame(frame)
            }
            Some(first) => Polled::Later(first.key().0),
            None if self.state == State::Open || self.cut => Polled::Empty,
            None => {
                self.state = State::Ended;
                Polled::Ended
            }
        }
    }

    /// Cuts the lane and returns the frames in flight, which are lost.
    pub(crate) fn cut(&mut self) -> Vec<Vec<u8>> {
        self.cut = true;
        self.lose()
    }

    /// Heals a cut.
    pub(crate) fn heal(&mut self) {
        self.cut = false;
    }

    /// Stops accepting frames; those in flight still arrive, then the lane has ended.
    pub(crate) fn finish(&mut self) {
        if self.state == State::Open {
            self.state = State::Finishing;
        }
    }

    /// Ends at once and returns the frames in flight, which are lost.
    pub(crate) fn abort(&mut self) -> Vec<Vec<u8>> {
        self.state = State::Ended;
        self.lose()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    pub(crate) fn counters(&self) -> Counters {
        Counters { in_flight: self.in_flight.len() as u64, ..self.counters }
    }

    fn lose(&mut self) -> Vec<Vec<u8>> {
        let lost: Vec<_> = std::mem::take(&mut self.in_flight).into_values().collect();
        self.bytes = 0;
        self.counters.lost += lost.len() as u64;
        lost
    }
}

#[cfg(test)]
mod tests;
