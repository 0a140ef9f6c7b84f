//! Options of a link: loss, duplication, delay and reordering.

use crate::{MAX_DELAY, MEMORY};
use ockam_core::{Error, ErrorKind, Result};
use std::ops::{Bound, RangeBounds};
use std::time::Duration;

/// Options for a link. By default it is perfect: no loss and no delay.
///
/// They apply to both directions, each with independent randomness.
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
    /// `None` if the range has no end, which `check` reports as an error.
    pub(crate) longest_delay: Option<Duration>,
    pub(crate) reordering: bool,
}

impl LinkOptions {
    /// Creates the options of a perfect link.
    pub fn new() -> Self {
        LinkOptions {
            loss: 0.0,
            duplication: 0.0,
            shortest_delay: Duration::ZERO,
            longest_delay: Some(Duration::ZERO),
            reordering: false,
        }
    }

    /// Sets the share of frames that are lost, from 0.0 to 1.0. Neither end is notified of a loss.
    pub fn with_loss(mut self, share: f64) -> Self {
        self.loss = share;
        self
    }

    /// Sets the share of frames that arrive twice, from 0.0 to 1.0. TCP never duplicates; a
    /// protocol over datagrams has to tolerate it.
    pub fn with_duplication(mut self, share: f64) -> Self {
        self.duplication = share;
        self
    }

    /// Sets the range of delays, at most [`MAX_DELAY`]; each frame draws its delay from it. The
    /// resolution is one millisecond, that of tokio's clock.
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

    /// Lets frames with a short delay overtake frames with a long delay. By default frames of one
    /// direction arrive in order, as over TCP: a slow frame delays those after it.
    pub fn with_reordering(mut self) -> Self {
        self.reordering = true;
        self
    }

    /// Returns an error for invalid options.
    pub(crate) fn check(&self) -> Result<()> {
        let invalid = |text| Err(Error::with_kind(ErrorKind::InvalidInput, text));
        for (name, share) in [("loss", self.loss), ("duplication", self.duplication)] {
            if !(0.0..=1.0).contains(&share) {
                return invalid(format!(
                    "the {name} of a link is a share from 0.0 to 1.0, not {share}"
                ));
            }
        }
        match self.longest_delay {
            Some(longest) if longest < self.shortest_delay => invalid(format!(
                "the delay of a link cannot be from {:?} to {longest:?}: swap the two",
                self.shortest_delay
            )),
            Some(longest) if longest <= MAX_DELAY => Ok(()),
            _ => invalid(format!(
                "the delay of a link has to end at {MAX_DELAY:?} or before: give the range an end"
            )),
        }
    }

    /// Draws the delay of one frame.
    pub(crate) fn delay(&self, dice: &mut crate::Dice) -> Duration {
        dice.between(self.shortest_delay, self.longest_delay.unwrap_or(self.shortest_delay))
    }
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Formats a node's address for error texts.
pub(crate) fn no_such_node(name: &str) -> Error {
    let text = format!(
        "no node is called `{name}` on this network: create it with `Network::node(\"{name}\")` \
         before a route names {MEMORY}#{name}"
    );
    Error::with_kind(ErrorKind::NotFound, text)
}
