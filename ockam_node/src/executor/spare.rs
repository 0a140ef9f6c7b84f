//! Memory of messages that were handled, kept for the next ones.
//!
//! A message is made on one thread and often dropped on another, hundreds of them in a row, which
//! is what general allocators are slowest at: half of the cost of a one-way message was theirs. So
//! every thread keeps the memory of some messages, and threads exchange it in batches:
//!
//! ```text
//!   thread that receives               shared                thread that sends
//!   dropped message ──> [ batch ] ──> [ [ batch ] .. ] ──> [ batch ] ──> new message
//! ```
//!
//! The memory here is empty: bodies and routes are dropped where the message is.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};
use ockam_core::SpareMessage;
use std::sync::{Mutex, PoisonError};

/// How much a thread takes from the others or gives to them at a time. It keeps up to two batches.
const BATCH: usize = 64;

/// How many batches wait at most for a thread that needs them, some 0.9 MB of memory; what is more
/// goes back to the allocator.
const MAX_SHARED_BATCHES: usize = 32;

/// What one thread has: it works on one batch, so that threads that send and receive in turns
/// exchange nothing.
struct Local {
    loaded: Vec<SpareMessage>,
    other: Vec<SpareMessage>,
}

thread_local! {
    static LOCAL: RefCell<Local> =
        const { RefCell::new(Local { loaded: Vec::new(), other: Vec::new() }) };
}

struct SparePool {
    full: Vec<Vec<SpareMessage>>,
    /// Empty batches, for their memory.
    empty: Vec<Vec<SpareMessage>>,
}

static SHARED: Mutex<SparePool> = Mutex::new(SparePool { full: Vec::new(), empty: Vec::new() });

/// How many full batches there are, so that nobody locks to find none.
static FULL: AtomicUsize = AtomicUsize::new(0);

/// Returns the memory for a message.
#[inline]
pub(crate) fn spare_message() -> SpareMessage {
    let spare = LOCAL.try_with(|local| local.try_borrow_mut().ok()?.take()).ok().flatten();
    spare.unwrap_or_else(|| SpareMessage::new(recycle))
}

/// Takes the memory of a message that is gone. A thread that ends has no place for it any more.
fn recycle(spare: SpareMessage) {
    let _ = LOCAL.try_with(|local| {
        if let Ok(mut local) = local.try_borrow_mut() {
            local.give(spare);
        }
    });
}

impl Local {
    #[inline]
    fn take(&mut self) -> Option<SpareMessage> {
        let spare = self.loaded.pop();
        if spare.is_some() { spare } else { self.reload() }
    }

    #[cold]
    fn reload(&mut self) -> Option<SpareMessage> {
        mem::swap(&mut self.loaded, &mut self.other);
        if self.loaded.is_empty() && FULL.load(Ordering::Relaxed) > 0 {
            exchange(|shared| {
                if let Some(full) = shared.full.pop() {
                    shared.empty.push(mem::replace(&mut self.loaded, full));
                }
            });
        }
        self.loaded.pop()
    }

    #[inline]
    fn give(&mut self, spare: SpareMessage) {
        if self.loaded.len() == self.loaded.capacity() {
            self.unload();
        }
        self.loaded.push(spare);
    }

    /// Makes room for one more: there is none at the beginning, and none when the batch is full.
    #[cold]
    fn unload(&mut self) {
        mem::swap(&mut self.loaded, &mut self.other);
        if self.loaded.len() >= BATCH {
            self.loaded = exchange(|shared| {
                let batch = mem::take(&mut self.loaded);
                if shared.full.len() == MAX_SHARED_BATCHES {
                    return Vec::new();
                }
                shared.full.push(batch);
                shared.empty.pop().unwrap_or_default()
            });
        }
        self.loaded.reserve_exact(BATCH - self.loaded.len());
    }
}

fn exchange<R>(f: impl FnOnce(&mut SparePool) -> R) -> R {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let result = f(&mut shared);
    FULL.store(shared.full.len(), Ordering::Relaxed);
    result
}

#[cfg(test)]
mod tests {
    use super::{BATCH, LOCAL, MAX_SHARED_BATCHES, SHARED, recycle, spare_message};
    use ockam_core::SpareMessage;

    fn kept_here() -> usize {
        LOCAL.with_borrow(|local| local.loaded.len() + local.other.len())
    }

    #[test]
    fn memory_is_used_again_and_what_is_kept_is_bounded() {
        (0..2 * BATCH * (MAX_SHARED_BATCHES + 4)).for_each(|_| recycle(SpareMessage::new(recycle)));
        assert_eq!(kept_here(), 2 * BATCH);
        assert!(SHARED.lock().unwrap().full.len() <= MAX_SHARED_BATCHES);

        let message = spare_message().fill("echoer", &"app".into(), vec![1].into());
        assert_eq!(kept_here(), 2 * BATCH - 1);
        drop(message);
        assert_eq!(kept_here(), 2 * BATCH);
    }

    #[test]
    fn what_one_thread_gave_another_one_gets() {
        std::thread::spawn(|| (0..4 * BATCH).for_each(|_| recycle(SpareMessage::new(recycle))))
            .join()
            .unwrap();
        std::thread::spawn(|| {
            drop(spare_message());
            assert!(kept_here() > 1, "a batch came, not one");
        })
        .join()
        .unwrap();
    }
}
