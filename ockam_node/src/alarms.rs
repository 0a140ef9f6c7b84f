//! Timers that are lent to asks, and go on running in between.
//!
//! Most asks are answered long before their deadline. Registering a timer with the runtime for
//! each would cost more than the two messages; see [`Alarm`].

use crate::executor::Alarm;
use crate::sync::Lock;
use alloc::vec::Vec;
use core::mem;
use core::ops::{Deref, DerefMut};

/// How many timers are kept for the next asks.
const MAX_KEPT: usize = 16;

pub(crate) struct Alarms(Lock<Vec<Alarm>>);

impl Alarms {
    pub(crate) fn new() -> Self {
        Alarms(Lock::new(Vec::new()))
    }

    /// Lends a timer.
    pub(crate) fn borrow(&self) -> Borrowed<'_> {
        let alarm = self.0.with(Vec::pop).unwrap_or_default();
        Borrowed { alarms: self, alarm }
    }
}

/// A timer on loan.
pub(crate) struct Borrowed<'a> {
    alarms: &'a Alarms,
    alarm: Alarm,
}

impl Deref for Borrowed<'_> {
    type Target = Alarm;

    fn deref(&self) -> &Alarm {
        &self.alarm
    }
}

impl DerefMut for Borrowed<'_> {
    fn deref_mut(&mut self) -> &mut Alarm {
        &mut self.alarm
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let alarm = mem::take(&mut self.alarm);
        let refused = self.alarms.0.with(|alarms| {
            if alarms.len() < MAX_KEPT {
                alarms.push(alarm);
                None
            } else {
                Some(alarm)
            }
        });
        drop(refused);
    }
}
