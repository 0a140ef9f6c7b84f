//! What a link does to the frames that cross it.

use crate::{MAX_DELAY, MEMORY};
use ockam_core::{Error, ErrorKind, Result};
use std::ops::{Bound, RangeBounds};
use std::time::Duration;

/// Says how bad a link is. Without more it is perfect: nothing is lost, nothing takes time.
///
/// Both directions of the link behave alike, each by its own dice.
///
/// ```
/// use ockam_transport_memory::LinkOptions;
/// use std::time::Duration;
///
/// let ms = Duration::from_millis;
/// let radio = LinkOptions::new().with_loss(0.1).with_delay(ms(1)..ms(20)).with_reordering();
/// # drop(radio);
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing by themselves"]
pub struct LinkOptions {
    pub(crate) loss: f64,
    pub(crate) duplication: f64,
    pub(crate) shortest_delay: Duration,
    /// None if the program gave no end, which is a mistake that `check` reports.
    pub(crate) longest_delay: Option<Duration>,
    pub(crate) reordering: bool,
}

impl LinkOptions {
    /// Begins with a perfect link.
    pub fn new() -> Self {
        LinkOptions {
            loss: 0.0,
            duplication: 0.0,
            shortest_delay: Duration::ZERO,
            longest_delay: Some(Duration::ZERO),
            reordering: false,
        }
    }

    /// Sets the share of frames that are lost, from 0.0 to 1.0. Nobody is told of a loss.
    pub fn with_loss(mut self, share: f64) -> Self {
        self.loss = share;
        self
    }

    /// Sets the share of frames that arrive twice, from 0.0 to 1.0. TCP never does that to a
    /// program; a protocol for datagrams has to live with it.
    pub fn with_duplication(mut self, share: f64) -> Self {
        self.duplication = share;
        self
    }

    /// Sets how long a frame takes, at most [`MAX_DELAY`]; each draws its own time. Tokio's clock
    /// goes in steps of one millisecond, so that is the finest grain.
    pub fn with_delay(mut self, range: impl RangeBounds<Duration>) -> Self {
        self.shortest_delay = match range.start_bound() {
            Bound::Included(shortest) | Bound::Excluded(shortest) => *shortest,
            Bound::Unbounded => Duration::ZERO,
        };
        self.longest_delay = match range.end_bound() {
            Bound::Included(longest) | Bound::Excluded(longest) => Some(*longest),
            Bound::Unbounded => None,
        };
        self
    }

    /// Lets a frame with a short delay overtake one with a long delay. Otherwise frames of one
    /// direction arrive in order, as over TCP: a slow one makes those behind it wait.
    pub fn with_reordering(mut self) -> Self {
        self.reordering = true;
        self
    }

    /// Reports options that make no sense.
    pub(crate) fn check(&self) -> Result<()> {
        let invalid = |text| Err(Error::with_kind(ErrorKind::InvalidInput, text));
        for (name, share) in [("loss", self.loss), ("duplication", self.duplication)] {
            if !(0.0..=1.0).contains(&share) {
                return invalid(format!(
                    "the {name} of a link is a share from 0.0 to 1.0, and not {share}"
                ));
            }
        }
        match self.longest_delay {
            Some(longest) if longest < self.shortest_delay => invalid(format!(
                "the delay of a link cannot be from {:?} to {longest:?}: turn the two around",
                self.shortest_delay
            )),
            Some(longest) if longest <= MAX_DELAY => Ok(()),
            _ => invalid(format!(
                "the delay of a link has to end at {MAX_DELAY:?} or before: give the range an end"
            )),
        }
    }

    /// Draws the time that one frame takes.
    pub(crate) fn delay(&self, dice: &mut crate::Dice) -> Duration {
        dice.between(self.shortest_delay, self.longest_delay.unwrap_or(self.shortest_delay))
    }
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Describes a node's address on the network, for messages to people.
pub(crate) fn no_such_node(name: &str) -> Error {
    let text = format!(
        "no node is called `{name}` on this network: make it with `Network::node(\"{name}\")` \
         before a route names {MEMORY}#{name}"
    );
    Error::with_kind(ErrorKind::NotFound, text)
}
