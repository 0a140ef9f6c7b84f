//! What others can make this node write into its log: the first of a kind, the tenth, the hundredth.
//!
//! A peer can repeat whatever is refused, or fails, as often as it likes, and the disk is this
//! node's. So a line that one message or one connection from outside can cause is written for the
//! first of its kind, and then for each power of ten, with the count. The others are DEBUG.
//!
//! It owns the counts and the bound on their number. It refuses to know what is written.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

/// How many kinds of a [`Repeats`] are told apart; those beyond share one count.
pub const MAX_TOLD_KINDS: usize = 1024;

/// Tells whether the log names the `count`-th of what others can repeat: 1, 10, 100 and so on.
///
/// ```
/// # use ockam_node::is_told;
/// let told: Vec<u64> = (0..2000).filter(|count| is_told(*count)).collect();
/// assert_eq!(told, [1, 10, 100, 1000]);
/// ```
#[must_use]
pub const fn is_told(count: u64) -> bool {
    match count.checked_ilog10() {
        Some(digits) => 10_u64.pow(digits) == count,
        None => false,
    }
}

/// Counts what others can repeat, by kind, for the log: see [`is_told`].
///
/// ```
/// # use ockam_node::Repeats;
/// let repeats = Repeats::new();
/// let told = (0..100).filter_map(|_| repeats.note("refused", |_| true));
/// assert_eq!(told.collect::<Vec<_>>(), [1, 10, 100]);
/// assert_eq!(repeats.note("dropped", |_| true), Some(1));
/// ```
#[derive(Debug, Default)]
pub struct Repeats<K>(Mutex<Counts<K>>);

#[derive(Debug, Default)]
struct Counts<K> {
    kinds: BTreeMap<K, u64>,
    /// Of all kinds for which there was no room.
    others: u64,
}

impl<K: Ord + Clone> Repeats<K> {
    /// Begins with nothing counted.
    #[must_use]
    pub const fn new() -> Self {
        Repeats(Mutex::new(Counts { kinds: BTreeMap::new(), others: 0 }))
    }

    /// Counts one more of a kind. Returns how many there were if the log is told of this one.
    ///
    /// If there are [`MAX_TOLD_KINDS`] already, those are forgotten first of which `is_alive` says
    /// that there can be no more, such as those of a connection that has ended.
    pub fn note(&self, kind: K, is_alive: impl Fn(&K) -> bool) -> Option<u64> {
        if self.is_full_for(&kind) {
            let all: Vec<K> = self.counts().kinds.keys().cloned().collect();
            // Asked without the lock.
            let dead: Vec<K> = all.into_iter().filter(|known| !is_alive(known)).collect();
            self.counts().kinds.retain(|known, _| dead.binary_search(known).is_err());
        }
        let mut counts = self.counts();
        let is_full = counts.kinds.len() >= MAX_TOLD_KINDS;
        let Counts { kinds, others } = &mut *counts;
        let count = match kinds.get_mut(&kind) {
            Some(count) => count,
            None if is_full => others,
            None => kinds.entry(kind).or_default(),
        };
        *count = count.saturating_add(1);
        is_told(*count).then_some(*count)
    }

    fn is_full_for(&self, kind: &K) -> bool {
        let counts = self.counts();
        counts.kinds.len() >= MAX_TOLD_KINDS && !counts.kinds.contains_key(kind)
    }

    fn counts(&self) -> MutexGuard<'_, Counts<K>> {
        // Nothing of the program runs under this lock but the order of its kinds.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a worker is named for in the log, as often as others like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// Its handler has failed.
    Failed,
    /// A body was not of its type.
    Undecodable,
    /// It has panicked, and another worker has taken its place.
    Panicked,
    /// One of its access controls has failed or panicked.
    Rule,
    /// Its handler blocks.
    Blocks,
    /// A peer has sent it something, and it is no consumer of the peer's flow.
    Unreachable,
}

/// Whether the log is told, and how.
#[derive(Clone, Copy)]
pub(crate) enum Telling {
    /// Of each one: it is the program's own.
    Each,
    /// Of this one, with how many there were.
    Counted(u64),
    /// Not at this level.
    Not,
}

impl From<Option<u64>> for Telling {
    fn from(told: Option<u64>) -> Self {
        told.map_or(Telling::Not, Telling::Counted)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TOLD_KINDS, Repeats};

    #[test]
    fn kinds_beyond_the_bound_share_one_count_until_others_are_dead() {
        let repeats = Repeats::new();
        let told = |first: usize, count: usize, alive: bool| {
            (first..first + count).filter(|kind| repeats.note(*kind, |_| alive).is_some()).count()
        };
        assert_eq!(told(0, MAX_TOLD_KINDS, true), MAX_TOLD_KINDS);
        // 1, 10, 100, 1000 of the others.
        assert_eq!(told(MAX_TOLD_KINDS, 5000, true), 4);
        assert_eq!(told(0, MAX_TOLD_KINDS, true), 0, "those that are known go on");
        // One of those that were too many has room now.
        assert_eq!(told(MAX_TOLD_KINDS, 1, false), 1);
        assert_eq!(told(0, 9, true), 9);
    }
}
