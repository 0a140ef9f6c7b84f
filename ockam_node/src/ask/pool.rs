//! What an ask needs, lent to it and kept for the next one: a reply slot and a timer.
//!
//! Most asks are answered long before their deadline. Registering a timer with the runtime for
//! each would cost more than the two messages, so timers go on running in between; see [`Alarm`].

use crate::ask::slot::Ask;
use crate::cell::kind::CellId;
use crate::executor::Alarm;
use crate::sync::Lock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ockam_core::Address;

/// How many are kept for the next asks.
const MAX_KEPT: usize = 16;

pub(crate) struct Askers(Lock<Vec<Asker>>);

/// What one ask has on loan.
pub(crate) struct Asker {
    pub(crate) ask: Arc<Ask>,
    pub(crate) alarm: Alarm,
}

impl Askers {
    pub(crate) fn new() -> Self {
        Askers(Lock::new(Vec::new()))
    }

    /// Lends what an ask needs. `waits` is the cell that does nothing else until it is over.
    pub(crate) fn lend(&self, address: Address, asked: Address, waits: Option<CellId>) -> Asker {
        let Some(mut asker) = self.0.with(Vec::pop) else {
            return Asker {
                ask: Arc::new(Ask::new(address, asked, waits)),
                alarm: Alarm::default(),
            };
        };
        match Arc::get_mut(&mut asker.ask) {
            Some(ask) => ask.begin(address, asked, waits),
            // Whoever answered the last ask has not let go of it yet.
            None => asker.ask = Arc::new(Ask::new(address, asked, waits)),
        }
        asker
    }

    /// Takes back what was lent to an ask that is over.
    pub(crate) fn give_back(&self, asker: Asker) {
        let refused = self.0.with(|kept| {
            if kept.len() < MAX_KEPT {
                kept.push(asker);
                None
            } else {
                Some(asker)
            }
        });
        drop(refused);
    }
}
