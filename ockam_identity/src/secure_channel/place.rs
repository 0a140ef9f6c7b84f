//! The channels of a listener: so many, and which of them ends for one more.
//!
//! A peer that went away without a word leaves its channel behind, and nobody can tell it from one
//! that has nothing to say. So newcomers are never sent away: the channel that was silent for
//! longest ends instead. How long is counted in messages and not in time, since a message must
//! cost no look at a clock and no lock.

use super::ends::Ends;
use crate::identifier::Identifier;
use crate::sorted::Map;
use crate::sync::Lock;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

/// How many channels a listener holds at a time, unless its options say otherwise: four times as
/// many as it lets begin, and few enough to look through for the one that has to end.
pub const DEFAULT_CHANNEL_LIMIT: usize = 4096;

/// The channels of one listener.
pub(super) struct Places {
    limit: usize,
    /// Counts what was heard through any of them, wrapping.
    heard: AtomicUsize,
    table: Lock<Table>,
}

#[derive(Default)]
struct Table {
    channels: Map<u64, Arc<Ends>>,
    next: u64,
}

/// The place of a channel, which is free when this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
}

impl Places {
    /// Makes room for at least one channel.
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Places { limit, heard: AtomicUsize::new(0), table: Lock::default() })
    }

    /// Gives a channel a place. Returned are also the one that it is instead of, because its initiator
    /// has made it again, and the one that lost its place for it.
    pub(super) fn take(
        self: &Arc<Self>,
        ends: &Arc<Ends>,
    ) -> (Place, Option<Arc<Ends>>, Option<Arc<Ends>>) {
        self.hear(ends);
        let (number, replaced, displaced) = self.table.with(|table| {
            let old = table.channels.iter().find(|(_, old)| ends.is_instead_of(old));
            let old = old.map(|(number, _)| *number);
            let replaced = old.and_then(|number| table.channels.remove(&number));
            let displaced = if table.channels.len() < self.limit {
                None
            } else {
                let number = self.quietest(&table.channels, &ends.peer);
                number.and_then(|number| table.channels.remove(&number))
            };
            let number = table.next;
            table.next += 1;
            table.channels.insert(number, Arc::clone(ends));
            (number, replaced, displaced)
        });
        (Place { places: Arc::clone(self), number }, replaced, displaced)
    }

    /// Finds the channel that was silent for longest: of all, or of those of the newcomer if it
    /// has more than half of them, so that one identity alone cannot take the places of all others.
    fn quietest(&self, channels: &Map<u64, Arc<Ends>>, newcomer: &Identifier) -> Option<u64> {
        let now = self.heard.load(Ordering::Relaxed);
        // What is heard meanwhile is later than now, so this may be less than nothing.
        let silence =
            |ends: &Ends| now.wrapping_sub(ends.heard.load(Ordering::Relaxed)).cast_signed();
        let (mut of_all, mut own, mut owned) = (None, None, 0);
        for (number, ends) in channels {
            let found = Some((silence(ends), *number));
            of_all = of_all.max(found);
            if ends.peer == *newcomer {
                own = own.max(found);
                owned += 1;
            }
        }
        let quietest = if owned > self.limit / 2 { own } else { of_all };
        quietest.map(|(_, number)| number)
    }

    /// A message has arrived, as the latest.
    fn hear(&self, ends: &Ends) {
        let now = self.heard.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        ends.heard.store(now, Ordering::Relaxed);
    }
}

impl Place {
    /// A message has arrived through the channel, whose place this is.
    pub(super) fn hear(&self, ends: &Ends) {
        self.places.hear(ends);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.table.with(|table| table.channels.remove(&self.number));
    }
}
