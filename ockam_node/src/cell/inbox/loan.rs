//! What a mailbox holds beyond its own bound in bytes, of a budget that it shares with others.
//!
//! It owns the charge for it. It refuses to know messages, and who waits.

use crate::cell::byte_budget::{ByteBudget, ByteCharge};

/// A budget that a mailbox shares with others.
pub(crate) struct Shared {
    pub(crate) budget: ByteBudget,
    /// How many bytes the mailbox may hold as long as the budget is not taken.
    pub(crate) most: u32,
}

/// The part of a budget that one mailbox has.
pub(super) struct Loan {
    charge: ByteCharge,
    /// How many bytes are the mailbox's own.
    own: usize,
    most: usize,
}

impl Loan {
    pub(super) fn new(shared: &Shared, own: u32) -> Self {
        let charge = shared.budget.charge();
        Loan { charge, own: own as usize, most: shared.most as usize }
    }

    /// Tells whether the mailbox may hold so many bytes, for a message that is alone in it or not.
    pub(super) fn reaches(&self, bytes: usize, is_alone: bool) -> bool {
        (is_alone || bytes <= self.most) && !self.charge.budget().is_taken()
    }

    /// Takes note of how many bytes the mailbox holds.
    pub(super) fn note(&mut self, bytes: usize) {
        self.charge.set(bytes.saturating_sub(self.own));
    }

    pub(super) fn is_half_empty(&self, bytes: usize) -> bool {
        bytes <= self.most / 2
    }
}
