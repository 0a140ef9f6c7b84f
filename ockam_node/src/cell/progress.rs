//! What a cell notes for those that wait for room in it; see [`answering`](crate::delivery::answering) and
//! [`long_wait`](crate::delivery::long_wait).

use super::Cell;
use super::marks::WATCHED;
use crate::cell::inbox::LongLine;
use alloc::sync::Arc;
use core::sync::atomic::Ordering;

impl Cell {
    /// Notes by which hop the message came that is handled from now on.
    #[inline]
    pub(crate) fn set_came_by(&self, mark: u16) {
        // Between local workers it is always 0, and nothing is written.
        if self.came_by.load(Ordering::Relaxed) != mark {
            self.came_by.store(mark, Ordering::Relaxed);
        }
    }

    pub(crate) fn came_by(&self) -> u16 {
        self.came_by.load(Ordering::Relaxed)
    }

    /// Counts the messages that the worker has begun to handle, and the steps of [`made_progress`].
    ///
    /// [`made_progress`]: Self::made_progress
    pub(crate) fn progress(&self) -> u32 {
        let taken = self.with_inbox(|inbox| inbox.taken).unwrap_or_default();
        // Many are taken out at once, and then handled one after the other.
        taken.wrapping_sub(self.in_hand() as u32)
    }

    /// Counts a step of a message that takes long to handle.
    pub(crate) fn made_progress(&self) {
        self.with_inbox(|inbox| inbox.taken = inbox.taken.wrapping_add(1));
    }

    /// Says whether the line of senders is looked at from now on, and returns whether it was.
    pub(crate) fn set_watched(&self, is_watched: bool) -> bool {
        self.marks.put(WATCHED, is_watched)
    }

    /// Describes the line of senders, if one of them waits for a place.
    pub(crate) fn look_at_line(&self) -> Option<LongLine> {
        self.with_inbox(|inbox| inbox.look_at_line()).flatten()
    }

    /// Counts the messages that wait for the worker, those in its batch included.
    pub(crate) fn queued(&self) -> usize {
        self.with_inbox(|inbox| inbox.len()).unwrap_or_default() + self.in_hand()
    }

    /// Returns how many bytes those of them hold that are not in its batch.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.with_inbox(|inbox| inbox.bytes()).unwrap_or_default()
    }

    /// Notes for which other cell this one waits.
    pub(crate) fn set_waits_for(&self, other: Option<Arc<Cell>>) {
        let known = self.with_inbox(|inbox| core::mem::replace(&mut inbox.waits_for, other));
        // Dropped without the lock.
        drop(known);
    }

    pub(crate) fn waits_for(&self) -> Option<Arc<Cell>> {
        self.with_inbox(|inbox| inbox.waits_for.clone()).flatten()
    }

    /// Notes how far it was when an answer had waited for too long.
    pub(crate) fn set_stalled_at(&self, progress: u32) {
        self.with_inbox(|inbox| inbox.stalled_at = Some(progress));
    }

    pub(crate) fn stalled_at(&self) -> Option<u32> {
        self.with_inbox(|inbox| inbox.stalled_at).flatten()
    }
}
