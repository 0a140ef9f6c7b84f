//! Push and pop, a full mailbox and its line.

use super::stage::{Stage, WORKER};
use super::{block_on, explore, id, message};
use crate::cell::NextStep;
use crate::cell::byte_budget::ByteBudget;
use crate::cell::drain::Drain;
use crate::cell::inbox::Bounds;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// Checks that what stood in line was handled in that order.
fn handled_in_order_of_the_line(stage: &Stage) {
    stage.note(|ledger| {
        let stood_in_line = |id: &&u8| ledger.in_line.contains(id);
        let handled: Vec<_> = ledger.handled.iter().filter(stood_in_line).collect();
        assert!(handled.iter().eq(&ledger.in_line.iter().collect::<Vec<_>>()));
    });
}

/// Takes `count` messages out as `receive` does.
fn receive(stage: &Stage, count: usize) {
    for _ in 0..count {
        match block_on(poll_fn(|cx| stage.poll_turn(Some(cx.waker()), false))) {
            NextStep::Message(message) => stage.note(|ledger| ledger.handled.push(id(&message))),
            NextStep::Stop | NextStep::Rest => panic!("nobody stops it"),
        }
    }
}

#[test]
fn loom_messages_of_two_senders_all_arrive_in_each_senders_order() {
    explore(3, || {
        let stage = Stage::starting(8);
        let odd = stage.spawn(|stage| [1, 3].into_iter().for_each(|id| stage.send(id)));
        let even = stage.spawn(|stage| [2, 4].into_iter().for_each(|id| stage.send(id)));
        receive(&stage, 4);
        odd.join().unwrap();
        even.join().unwrap();
        stage.note(|ledger| {
            let place = |id| ledger.handled.iter().position(|handled| *handled == id);
            assert!(place(1) < place(3) && place(2) < place(4));
        });
        stage.balance(4);
    });
}

#[test]
fn loom_two_senders_wait_for_the_one_place_and_are_let_in_in_order() {
    explore(2, || {
        let stage = Stage::starting(1);
        stage.send(1);
        let odd = stage.spawn(|stage| [3, 5].into_iter().for_each(|id| stage.send(id)));
        let even = stage.spawn(|stage| [2, 4].into_iter().for_each(|id| stage.send(id)));
        receive(&stage, 5);
        odd.join().unwrap();
        even.join().unwrap();
        handled_in_order_of_the_line(&stage);
        stage.balance(5);
    });
}

/// A mailbox with places for all, and room for so many bytes; each message has one.
fn bounded_by_bytes(bytes: u32) -> Arc<Stage> {
    Stage::with_bounds(&WORKER, Bounds { bytes, ..Bounds::NONE }, Arc::new(Drain::new()))
}

#[test]
fn loom_senders_wait_for_the_room_of_one_byte_and_are_let_in_in_order() {
    explore(2, || {
        let stage = bounded_by_bytes(1);
        stage.send(1);
        let odd = stage.spawn(|stage| [3, 5].into_iter().for_each(|id| stage.send(id)));
        let even = stage.spawn(|stage| [2, 4].into_iter().for_each(|id| stage.send(id)));
        receive(&stage, 5);
        odd.join().unwrap();
        even.join().unwrap();
        handled_in_order_of_the_line(&stage);
        stage.balance(5);
    });
}

/// Each message is larger than the bound, so it gets in when nothing is there; a place that was
/// granted to one that goes away is free for the next.
#[test]
fn loom_messages_larger_than_the_bound_get_in_one_after_the_other() {
    explore(2, || {
        let stage = bounded_by_bytes(0);
        stage.send(1);
        let impatient = stage.spawn(|stage| {
            let Some(full) = stage.push(message(2)) else { return true };
            if let Err(back) = stage.stand_in_line(full).map(drop) {
                stage.note(|ledger| ledger.returned.push(id(&back)));
            }
            false
        });
        let patient = stage.spawn(|stage| [3, 4].into_iter().for_each(|id| stage.send(id)));
        receive(&stage, 1);
        let is_sent = impatient.join().unwrap();
        receive(&stage, 2 + usize::from(is_sent));
        patient.join().unwrap();
        stage.balance(4);
    });
}

/// A budget that is always taken lets one message in when the worker has nothing else to do, and what the
/// mailbox holds is given back.
#[test]
fn loom_messages_that_a_taken_budget_keeps_out_get_in_one_after_the_other() {
    explore(2, || {
        let budget = ByteBudget::new(0);
        let stage = Stage::with_budget(&budget);
        let odd = stage.spawn(|stage| [1, 3].into_iter().for_each(|id| stage.send(id)));
        let even = stage.spawn(|stage| stage.send(2));
        receive(&stage, 3);
        odd.join().unwrap();
        even.join().unwrap();
        handled_in_order_of_the_line(&stage);
        stage.balance(3);
        assert_eq!(budget.held(), 0);
    });
}

/// A worker with a large mailbox takes two messages at once, and grants places when it is half
/// empty. The order of those that are granted places together is theirs.
#[test]
fn loom_a_mailbox_that_is_half_empty_grants_places_to_all_in_line_that_fit() {
    const CAPACITY: u8 = 16;
    explore(2, || {
        let stage = Stage::starting(CAPACITY.into());
        (1..=CAPACITY).for_each(|id| stage.send(id));
        let senders = [1, 2].map(|n| stage.spawn(move |stage| stage.send(CAPACITY + n)));
        receive(&stage, usize::from(CAPACITY) + 2);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        stage.balance(CAPACITY + 2);
    });
}

/// Stands in line with a message, polls once and goes away. Writes down that the send was done, or
/// that its message was given back.
fn try_once(stage: &Stage, number: u8) {
    let Some(full) = stage.push(message(number)) else {
        return stage.note(|ledger| ledger.done.push(number));
    };
    match stage.stand_in_line(full) {
        Ok(mut place) => match place.poll(Waker::noop()) {
            Poll::Ready(Ok(())) => stage.note(|ledger| ledger.done.push(number)),
            Poll::Ready(Err(_)) => stage.note(|ledger| ledger.returned.push(number)),
            Poll::Pending => {}
        },
        Err(_) => stage.note(|ledger| ledger.returned.push(number)),
    }
}

/// A sender that goes away leaves its place, granted or not, to the next: nobody sleeps for ever.
#[test]
fn loom_a_send_that_is_dropped_was_not_sent_and_its_place_goes_to_the_next() {
    explore(2, || {
        let stage = Stage::awake(1);
        stage.send(1);
        let worker = stage.spawn(|stage| stage.work(true));
        let impatient = stage.spawn(|stage| try_once(stage, 2));
        let patient = stage.spawn(|stage| stage.send(3));
        impatient.join().unwrap();
        patient.join().unwrap();
        stage.stop();
        worker.join().unwrap();
        stage.note(|ledger| {
            assert!(ledger.handled.contains(&3), "the others move up");
            assert_eq!(ledger.handled.contains(&2), ledger.done.contains(&2), "sent if it is Ok");
        });
        stage.balance(3);
    });
}

/// As above, without a task that gives the line up when it is idle.
#[test]
fn loom_a_granted_place_that_is_left_wakes_the_next_in_line() {
    explore(3, || {
        let stage = Stage::starting(1);
        stage.send(1);
        let impatient = stage.spawn(|stage| {
            let Some(full) = stage.push(message(2)) else { return true };
            if let Err(back) = stage.stand_in_line(full).map(drop) {
                stage.note(|ledger| ledger.returned.push(id(&back)));
            }
            false
        });
        let patient = stage.spawn(|stage| stage.send(3));
        receive(&stage, 1);
        let is_sent = impatient.join().unwrap();
        receive(&stage, 1 + usize::from(is_sent));
        patient.join().unwrap();
        stage.balance(3);
    });
}

/// A sender whose line was given up learns that later, when the worker may have slept and its new
/// mailbox may have a line of its own.
#[test]
fn loom_a_place_in_line_is_not_mistaken_for_one_in_the_line_of_the_next_mailbox() {
    explore(2, || {
        let stage = Stage::awake(1);
        stage.send(1);
        let senders = [2, 3, 4].map(|id| stage.spawn(move |stage| stage.send(id)));
        stage.work(false);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        stage.balance(4);
    });
}

/// The waiting sender may be looked after by another task than before.
#[test]
fn loom_the_last_waker_of_a_place_in_line_is_the_one_that_is_woken() {
    explore(3, || {
        let stage = Stage::starting(1);
        stage.send(1);
        let sender = stage.spawn(|stage| {
            let Some(back) = stage.push(message(2)) else { return };
            let Ok(place) = stage.stand_in_line(back) else { return stage.send(2) };
            let mut wait = pin!(place.wait());
            let first = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            if first.is_pending() {
                assert!(block_on(wait).is_ok());
            }
        });
        receive(&stage, 2);
        sender.join().unwrap();
        stage.balance(2);
    });
}

/// A `receive` that is given up leaves its waker behind.
#[test]
fn loom_the_last_waker_of_a_receiver_is_the_one_that_is_woken() {
    explore(3, || {
        let stage = Stage::starting(8);
        let sender = stage.spawn(|stage| [1, 2].into_iter().for_each(|id| stage.send(id)));
        match stage.poll_turn(Some(Waker::noop()), false) {
            Poll::Ready(NextStep::Message(message)) => {
                stage.note(|ledger| ledger.handled.push(id(&message)));
                receive(&stage, 1);
            }
            _ => receive(&stage, 2),
        }
        sender.join().unwrap();
        stage.balance(2);
    });
}
