//! Handshakes that have begun at a listener and are not finished.
//!
//! Anybody who can reach a listener can begin a handshake, so there may be so many, for so long.

use crate::sorted::Map;
use crate::sync::Lock;
use alloc::vec::Vec;
use core::time::Duration;
use ockam_core::Address;

/// How many handshakes of a listener may have begun and not finished. One more ends the oldest, so
/// that a flood has to be faster than this many in the time of an honest handshake.
pub const MAX_HALF_OPEN: usize = 1024;

/// How long a handshake at a listener may take, at the least. At the most it is twice as long,
/// because they are looked at once in this time.
pub const HALF_OPEN_LIFETIME: Duration = Duration::from_secs(30);

/// The handshakes of one listener.
#[derive(Default)]
pub(super) struct HalfOpen(Lock<Table>);

#[derive(Default)]
struct Table {
    /// The responders, oldest first, each with the number of looks when it began.
    responders: Map<u64, (Address, u32)>,
    next: u64,
    looks: u32,
}

/// Names a handshake that has begun.
#[derive(Clone, Copy)]
pub(super) struct Ticket(u64);

impl HalfOpen {
    /// Takes note of a handshake. Returned is the responder of one that has to end for it, and
    /// whether it is the only one.
    pub(super) fn begin(&self, responder: Address) -> (Ticket, Option<Address>, bool) {
        self.0.with(|table| {
            let ticket = table.next;
            table.next += 1;
            let is_only = table.responders.is_empty();
            table.responders.insert(ticket, (responder, table.looks));
            let oldest = (table.responders.len() > MAX_HALF_OPEN)
                .then(|| table.responders.pop_first())
                .flatten();
            (Ticket(ticket), oldest.map(|(_, (address, _))| address), is_only)
        })
    }

    /// The handshake is over, in whichever way.
    pub(super) fn end(&self, ticket: Ticket) {
        self.0.with(|table| table.responders.remove(&ticket.0));
    }

    /// Looks for handshakes that have taken too long. Returned are their responders, and whether
    /// there are others.
    pub(super) fn look(&self) -> (Vec<Address>, bool) {
        self.0.with(|table| {
            table.looks = table.looks.wrapping_add(1);
            let mut late = Vec::new();
            let looks = table.looks;
            table.responders.retain(|_, (address, begun)| {
                let is_late = looks.wrapping_sub(*begun) >= 2;
                if is_late {
                    late.push(address.clone());
                }
                !is_late
            });
            (late, !table.responders.is_empty())
        })
    }

    /// Ends all of them.
    pub(super) fn take_all(&self) -> Vec<Address> {
        self.0.with(|table| {
            let all = core::mem::take(&mut table.responders);
            all.into_iter().map(|(_, (address, _))| address).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::vec;

    fn name(number: usize) -> Address {
        Address::from(format!("r{number}"))
    }

    #[test]
    fn one_too_many_ends_the_oldest() {
        let half_open = HalfOpen::default();
        for number in 0..MAX_HALF_OPEN {
            let (_, ended, is_only) = half_open.begin(name(number));
            assert_eq!((ended, is_only), (None, number == 0));
        }
        assert_eq!(half_open.begin(name(MAX_HALF_OPEN)).1, Some(name(0)));
        assert_eq!(half_open.begin(name(MAX_HALF_OPEN + 1)).1, Some(name(1)));
        assert_eq!(half_open.take_all().len(), MAX_HALF_OPEN);
    }

    #[test]
    fn what_is_not_finished_ends_at_the_second_look() {
        let half_open = HalfOpen::default();
        let (finished, ..) = half_open.begin(name(1));
        half_open.begin(name(2));
        assert_eq!(half_open.look(), (vec![], true));
        half_open.begin(name(3));
        half_open.end(finished);
        assert_eq!(half_open.look(), (vec![name(2)], true));
        assert_eq!(half_open.look(), (vec![name(3)], false));
    }
}
