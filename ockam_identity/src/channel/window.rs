//! Replay protection: a sliding window over message numbers.
//!
//! It does not check whether a message is authentic. The caller marks a number only after that, so
//! that forged numbers cannot move the window.

use super::ChannelError;

/// Maximum distance of a message's number from the greatest accepted one, in both directions, as
/// in Ockam 0.150. After a longer loss, an [`Opener`](super::Opener) has to
/// [resume](super::Opener::resume).
pub const WINDOW: u64 = 32;

/// The accepted numbers within the window.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// The greatest accepted number, 0 at the start.
    top: u64,
    /// Bit `i` is set if `top - i` was accepted.
    accepted: u64,
}

impl Window {
    /// Creates a window around a number that was not accepted yet.
    pub(super) fn at(number: u64) -> Self {
        Window { top: number, accepted: 0 }
    }

    pub(super) fn top(&self) -> u64 {
        self.top
    }

    /// Returns an error for a number that is too far away or was accepted before.
    pub(super) fn check(&self, number: u64) -> Result<(), ChannelError> {
        let Window { top, accepted } = *self;
        if number > top.saturating_add(WINDOW) || number.saturating_add(WINDOW) < top {
            return Err(ChannelError::OutsideWindow { number, top });
        }
        // At most `WINDOW`, which is less than the number of bits.
        match top.checked_sub(number) {
            Some(back) if accepted >> back & 1 == 1 => Err(ChannelError::Repeated(number)),
            _ => Ok(()),
        }
    }

    /// Marks a checked number, whose message is authentic, as accepted.
    pub(super) fn mark(&mut self, number: u64) {
        if number > self.top {
            self.accepted = self.accepted << (number - self.top) | 1;
            self.top = number;
        } else {
            self.accepted |= 1 << (self.top - number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    /// The rule as it is written down, without bits.
    #[derive(Default)]
    struct Rule {
        top: u64,
        accepted: BTreeSet<u64>,
    }

    impl Rule {
        fn accepts(&mut self, number: u64) -> bool {
            let refused =
                number > self.top + 32 || number + 32 < self.top || self.accepted.contains(&number);
            if !refused {
                self.accepted.insert(number);
                self.top = self.top.max(number);
            }
            !refused
        }
    }

    #[test]
    fn it_follows_the_rule_in_any_order() {
        let (mut window, mut rule) = (Window::default(), Rule::default());
        let (mut state, mut base) = (7_u64, 0);
        for step in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = base + (state >> 33) % 80;
            if step % 50 == 0 {
                base = window.top().saturating_sub(40);
            }
            let accepted = window.check(number).is_ok();
            assert_eq!(accepted, rule.accepts(number), "{number} at {window:?}");
            if accepted {
                window.mark(number);
            }
        }
        assert!(window.top() > 1000);
    }

    #[test]
    fn the_greatest_numbers_do_not_overflow() {
        let mut window = Window { top: u64::MAX - 3, accepted: 1 };
        for number in [u64::MAX - 35, u64::MAX - 1] {
            assert_eq!(window.check(number), Ok(()));
            window.mark(number);
            assert_eq!(window.check(number), Err(ChannelError::Repeated(number)));
        }
        assert!(window.check(0).is_err());
    }
}
