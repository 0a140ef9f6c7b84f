//! Counters of frames.

use std::ops::AddAssign;

/// Counters of frames, of one direction of a link or of a whole network.
///
/// At any time `sent + duplicated == delivered + lost + in_flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counters {
    /// Frames that were sent into a link.
    pub sent: u64,
    /// Frames that were delivered.
    pub delivered: u64,
    /// Frames that were lost at random, in a partition, or because the link ended.
    pub lost: u64,
    /// Frames that the link duplicated.
    pub duplicated: u64,
    /// Frames that are in flight now.
    pub in_flight: u64,
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.in_flight += other.in_flight;
    }
}
