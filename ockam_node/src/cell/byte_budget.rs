//! A bound in bytes for what several mailboxes, and other places where messages wait, hold together.
//!
//! It owns the sum. It refuses to know what is counted, and who waits when it is taken.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A bound in bytes for what several mailboxes hold together. A clone is the same budget.
///
/// Workers share one by [`WorkerBuilder::with_byte_budget`]. What waits elsewhere on its way to them, or
/// behind them, is counted by a [`ByteCharge`].
///
/// It is taken when as many bytes are held as it has. What comes then is refused or waits; so what is
/// held goes over it by no more than the messages that were let in at the same moment. Nothing waits for
/// the budget itself: who uses it lets one message in where there is none, so that everybody goes on.
///
/// ```
/// use ockam_node::ByteBudget;
///
/// let budget = ByteBudget::new(1000);
/// let mut charge = budget.charge();
/// charge.set(1200);
/// assert!(budget.is_taken());
/// drop(charge);
/// assert_eq!(budget.held(), 0);
/// ```
///
/// [`WorkerBuilder::with_byte_budget`]: crate::WorkerBuilder::with_byte_budget
#[derive(Clone, Debug)]
pub struct ByteBudget(Arc<Sum>);

#[derive(Debug)]
struct Sum {
    bytes: usize,
    held: AtomicUsize,
}

/// What one holder has of a [`ByteBudget`]. It is given back when this is dropped.
#[derive(Debug)]
#[must_use = "what it counts is given back when it is dropped"]
pub struct ByteCharge {
    budget: ByteBudget,
    bytes: usize,
}

impl ByteBudget {
    /// Makes a budget of so many bytes, of which nothing is held.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        ByteBudget(Arc::new(Sum { bytes, held: AtomicUsize::new(0) }))
    }

    /// Returns how many bytes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// Tells whether as many bytes are held as there are.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.held() >= self.0.bytes
    }

    /// Makes the charge of one more holder, which holds nothing yet.
    pub fn charge(&self) -> ByteCharge {
        ByteCharge { budget: self.clone(), bytes: 0 }
    }
}

impl ByteCharge {
    /// Counts so many bytes from now on, instead of those before, also beyond the budget.
    pub fn set(&mut self, bytes: usize) {
        let held = &self.budget.0.held;
        if bytes >= self.bytes {
            held.fetch_add(bytes - self.bytes, Ordering::Relaxed);
        } else {
            held.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
    }

    /// Returns the budget that it counts for.
    #[must_use]
    pub fn budget(&self) -> &ByteBudget {
        &self.budget
    }
}

impl Drop for ByteCharge {
    fn drop(&mut self) {
        self.set(0);
    }
}
