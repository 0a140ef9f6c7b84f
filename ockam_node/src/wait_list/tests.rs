//! What a step costs does not grow with the number of those who wait.

use super::counted::looks;
use super::{Key, Number, WaitList};
use alloc::vec::Vec;
use core::iter;
use core::task::Waker;

const WAITERS: usize = 10_000;

/// How often a step may look at a number, tables that grow included.
const LOOKS: usize = 8;

/// Calls `step` and checks how often each of its `steps` looked at a number.
fn bounded(steps: usize, step: impl FnOnce()) {
    let before = looks();
    step();
    let each = (looks() - before) / steps;
    assert!(each <= LOOKS, "{each} looks at a number in each of {steps} steps");
}

/// Lets as many wait as there are in `keys`, each for one of them.
fn enter<T: Key>(list: &mut WaitList<T>, keys: impl Iterator<Item = T>) -> Vec<(Number, T)> {
    let mut enter = |what| {
        let number = list.number();
        assert!(list.wait(number, Waker::noop().clone(), &what).is_none());
        (number, what)
    };
    keys.map(&mut enter).collect()
}

/// Takes all that wait for `what`, and counts them.
fn take<T: Key>(list: &mut WaitList<T>, what: &T) -> usize {
    iter::from_fn(|| list.take(what)).flatten().count()
}

#[test]
fn ten_thousand_that_wait_for_the_same_cost_each_other_nothing() {
    let (mut list, mut waiting) = (WaitList::default(), Vec::new());
    bounded(WAITERS, || waiting = enter(&mut list, iter::repeat_n((), WAITERS)));
    // They are polled again, and known by then.
    bounded(WAITERS, || {
        for (number, what) in &waiting {
            assert!(list.wait(*number, Waker::noop().clone(), what).is_some());
        }
    });
    // The last ones leave.
    let half = waiting.split_off(WAITERS / 2);
    bounded(half.len(), || {
        for (number, what) in half.iter().rev() {
            assert!(list.leave(*number, what).is_some());
        }
    });
    bounded(waiting.len(), || assert_eq!(take(&mut list, &()), WAITERS / 2));
    // Woken, they leave as well.
    bounded(waiting.len(), || {
        for (number, what) in &waiting {
            assert!(list.leave(*number, what).is_none());
        }
    });
}

#[test]
fn ten_thousand_that_wait_for_different_things_cost_each_other_nothing() {
    // Numbers are waited for here, so that looks at what is waited for are counted too.
    let (mut list, mut waiting) = (WaitList::default(), Vec::new());
    let keys = (0..WAITERS as u64).map(Number);
    bounded(WAITERS, || waiting = enter(&mut list, keys));
    bounded(WAITERS, || {
        for (_, what) in waiting.iter().rev() {
            assert_eq!(take(&mut list, what), 1);
        }
    });
}
