//! How many bytes all connections of a listener hold of frames that are still arriving.
//!
//! It owns the budget, who waits for a share of it, and which frame is given up for the others. It
//! refuses to know frames' contents and sockets.
//!
//! The frame that began first always goes on, so that not all wait for each other. When others wait
//! and it takes longer than [`FRAME_GRACE`], its connection ends.

use crate::link::Link;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use ockam_node::{after, deadline};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How many bytes all connections of a listener hold of large frames that are still arriving,
/// unless its options say otherwise; beside it each connection has [`FREE_FRAME_LEN`].
pub const DEFAULT_FRAME_BUDGET: usize = 64 * 1024 * 1024;

/// How many bytes of a frame are held at each connection beside the budget of its listener.
pub const FREE_FRAME_LEN: usize = 128 * 1024;

/// How long a frame may take while others wait for the budget that it holds.
pub const FRAME_GRACE: Duration = Duration::from_secs(10);

/// Up to this size a frame does not appear here.
const SMALL: usize = 64 * 1024;

/// How often one who waits looks whether its connection has ended.
const LOOK: Duration = Duration::from_secs(1);

/// Why a connection ended for the frames of others.
const TOOK_TOO_LONG: &str = "its message took too long to arrive while others waited for the \
                             listener's budget of bytes";

/// The budget of one listener.
pub(crate) struct Budget {
    /// What all but the frame that began first may hold.
    shared: usize,
    table: Mutex<Table>,
    changed: Notify,
    /// The log was told of a frame that is larger than one may be.
    told: AtomicBool,
}

#[derive(Default)]
struct Table {
    /// In the order in which they began.
    frames: BTreeMap<u64, Frame>,
    next: u64,
    held: usize,
}

struct Frame {
    held: usize,
    began: Instant,
    link: Weak<Link>,
}

/// What one connection holds of it.
pub(crate) struct Share {
    budget: Arc<Budget>,
    link: Weak<Link>,
    /// The large frame that is arriving.
    frame: Option<u64>,
}

impl Budget {
    /// Makes a budget of at least one frame of the largest size.
    pub(crate) fn new(bytes: usize, max_frame_len: usize) -> Arc<Self> {
        let shared = bytes.saturating_sub(max_frame_len);
        Arc::new(Budget {
            shared,
            table: Mutex::default(),
            changed: Notify::new(),
            told: AtomicBool::new(false),
        })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics under this lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, number: u64) -> Option<Frame> {
        let removed = self.table().remove(number);
        self.changed.notify_waiters();
        removed
    }
}

impl Table {
    fn remove(&mut self, number: u64) -> Option<Frame> {
        let frame = self.frames.remove(&number)?;
        self.held -= frame.held;
        Some(frame)
    }

    fn set(&mut self, number: u64, bytes: usize) {
        if let Some(frame) = self.frames.get_mut(&number) {
            let held = bytes.saturating_sub(FREE_FRAME_LEN);
            self.held = self.held - frame.held + held;
            frame.held = held;
        }
    }
}

impl Share {
    pub(crate) fn new(budget: &Arc<Budget>, link: Weak<Link>) -> Self {
        Share { budget: Arc::clone(budget), link, frame: None }
    }

    /// Notes that a frame was refused for its size, and tells whether it is the listener's first.
    pub(crate) fn is_first_refusal(&self) -> bool {
        !self.budget.told.swap(true, Ordering::Relaxed)
    }

    /// The frame that was arriving is whole.
    pub(crate) fn complete(&mut self) {
        if let Some(number) = self.frame.take() {
            drop(self.budget.remove(number));
        }
    }

    /// Takes note of how many bytes are there of the frame that is arriving.
    pub(crate) fn note(&mut self, held: usize) {
        if held <= SMALL {
            return self.complete();
        }
        let mut table = self.budget.table();
        let number = *self.frame.get_or_insert_with(|| {
            let number = table.next;
            table.next += 1;
            let frame = Frame { held: 0, began: Instant::now(), link: self.link.clone() };
            table.frames.insert(number, frame);
            number
        });
        table.set(number, held);
    }

    /// Tells whether there is a large frame, for which a read has to be [admitted](Self::admit).
    pub(crate) fn is_large(&self) -> bool {
        self.frame.is_some()
    }

    /// Waits until the frame may grow to so many bytes, or the connection has ended. Tells whether
    /// it had to wait.
    pub(crate) async fn admit(&self, bytes: usize) -> bool {
        let Some(number) = self.frame else { return false };
        let mut waited = false;
        loop {
            let mut changed = core::pin::pin!(self.budget.changed.notified());
            changed.as_mut().enable();
            let Some(until) = self.try_admit(number, bytes) else { return waited };
            waited = true;
            // What it is told it looks for itself.
            let _ = timeout_at(until.min(deadline(LOOK)), changed).await;
            if self.link.upgrade().is_some_and(|link| link.failure().is_some()) {
                return waited;
            }
        }
    }

    /// Admits a read, and gives frames up that hold too much for too long. Returns until when to
    /// wait if that is not enough.
    fn try_admit(&self, number: u64, bytes: usize) -> Option<Instant> {
        loop {
            let mut table = self.budget.table();
            // Without an entry it was given up itself.
            let known = table.frames.get(&number)?.held;
            let (&first, oldest) = table.frames.first_key_value()?;
            let (began, others) = (oldest.began, table.held - oldest.held);
            let mine = bytes.saturating_sub(FREE_FRAME_LEN);
            if first == number || mine == 0 || others - known + mine <= self.budget.shared {
                table.set(number, bytes);
                return None;
            }
            if began.elapsed() < FRAME_GRACE {
                return Some(after(began, FRAME_GRACE));
            }
            let link = table.remove(first).and_then(|frame| frame.link.upgrade());
            drop(table);
            self.budget.changed.notify_waiters();
            if let Some(link) = link {
                link.break_off(TOOK_TOO_LONG);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.complete();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ockam_core::MAX_FRAME_LEN;

    const MIB: usize = 1024 * 1024;

    fn share(budget: &Arc<Budget>) -> Share {
        let mut share = Share::new(budget, Weak::new());
        share.note(SMALL + 1);
        share
    }

    fn now(share: &Share, bytes: usize) -> bool {
        share.try_admit(share.frame.unwrap(), bytes).is_none()
    }

    #[tokio::test(start_paused = true)]
    async fn a_thousand_slow_frames_hold_no_more_than_the_budget() {
        let budget = Budget::new(DEFAULT_FRAME_BUDGET, MAX_FRAME_LEN);
        let mut slow: Vec<_> = (0..1000).map(|_| share(&budget)).collect();
        for bytes in (2..16 * 16).map(|part| part * MIB / 16) {
            for share in &mut slow {
                if now(share, bytes) {
                    share.note(bytes);
                }
                assert!(budget.table().held <= DEFAULT_FRAME_BUDGET);
            }
        }
        assert!(budget.table().held > DEFAULT_FRAME_BUDGET / 2);
        // Another one waits until they have had their time, and then goes on.
        let honest = share(&budget);
        let begun = Instant::now();
        assert!(honest.admit(16 * MIB).await);
        assert_eq!(begun.elapsed(), FRAME_GRACE);
        drop((slow, honest));
        let table = budget.table();
        assert_eq!((table.held, table.frames.len()), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_frame_that_began_first_goes_on_and_the_next_one_when_it_is_whole() {
        let budget = Budget::new(0, MAX_FRAME_LEN);
        let (mut first, second) = (share(&budget), share(&budget));
        assert!(now(&first, 16 * MIB) && now(&second, FREE_FRAME_LEN) && !now(&second, MIB));
        let waiting = tokio::spawn(async move { second.admit(16 * MIB).await });
        tokio::task::yield_now().await;
        first.complete();
        assert!(waiting.await.unwrap());
    }
}
