//! How many frames crossed, by what became of them.

use std::ops::AddAssign;

/// Counts frames: of one direction of a link, or of a whole network.
///
/// At any time `sent + duplicated == delivered + lost + in_flight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Counters {
    /// Frames that were put on a link.
    pub sent: u64,
    /// Frames that came out of it.
    pub delivered: u64,
    /// Frames that did not: by chance, by a partition, or because the link ended.
    pub lost: u64,
    /// Frames of which the link made a second one.
    pub duplicated: u64,
    /// Frames that are on their way now.
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
