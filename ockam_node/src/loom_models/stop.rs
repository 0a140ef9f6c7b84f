//! Stop, cut and end, against senders and against sleep.

use super::stage::{Stage, WORKER};
use super::{block_on, explore, message};
use crate::cell::drain::Drain;
use crate::cell::{CellMeta, Kind, Stopping};
use alloc::sync::Arc;
use core::future::poll_fn;
use core::mem;
use core::task::Poll;

#[test]
fn loom_a_stop_gives_a_sender_in_line_its_message_back_or_handles_it() {
    explore(3, || {
        let stage = Stage::awake(1);
        stage.send(1);
        let worker = stage.spawn(|stage| stage.work(true));
        let sender = stage.spawn(|stage| stage.send(2));
        stage.stop();
        worker.join().unwrap();
        sender.join().unwrap();
        stage.note(|ledger| {
            assert!(ledger.undelivered.is_empty(), "what was accepted before a stop is handled");
        });
        stage.balance(2);
    });
}

#[test]
fn loom_after_a_stop_nobody_of_the_line_is_let_in() {
    explore(0, || {
        let stage = Stage::awake(1);
        stage.send(1);
        let full = stage.push(message(2)).expect("it has room for one");
        let Ok(place) = stage.stand_in_line(full) else { panic!("it is full and open") };
        let Stopping::Requested(_) = stage.cell.request_stop() else { panic!("it is awake") };
        stage.work(false);
        assert!(block_on(place.wait()).is_err());
        stage.note(|ledger| assert_eq!(ledger.handled, [1]));
    });
}

#[test]
fn loom_a_stop_against_two_senders_and_sleep_accounts_for_every_message() {
    explore(2, || {
        let stage = Stage::awake(1);
        let worker = stage.spawn(|stage| stage.work(false));
        let senders = [1, 2].map(|id| stage.spawn(move |stage| stage.send(id)));
        stage.stop();
        worker.join().unwrap();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        assert!(!stage.end(), "it has ended");
        stage.balance(2);
    });
}

#[test]
fn loom_two_stops_of_a_sleeper_end_it_once_and_both_are_told() {
    explore(3, || {
        let stage = Stage::asleep(8);
        let other = stage.spawn(|stage| stage.stop());
        let sender = stage.spawn(|stage| stage.send(1));
        stage.stop();
        other.join().unwrap();
        sender.join().unwrap();
        stage.balance(1);
    });
}

#[test]
fn loom_a_stop_during_the_start_ends_the_worker() {
    explore(3, || {
        let stage = Stage::starting(8);
        let starter = stage.spawn(|stage| stage.settle());
        let sender = stage.spawn(|stage| stage.send(1));
        stage.stop();
        starter.join().unwrap();
        sender.join().unwrap();
        stage.balance(1);
    });
}

/// A worker that panicked leaves its queue and its line behind.
#[test]
fn loom_an_end_accounts_for_every_message_of_queue_and_line() {
    explore(3, || {
        let stage = Stage::awake(1);
        stage.send(1);
        let senders = [2, 3].map(|id| stage.spawn(move |stage| stage.send(id)));
        stage.finish();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        stage.balance(3);
    });
}

/// Waits in a task of the cell until `is_over`.
fn wait_in_task(stage: &Stage, is_over: impl Fn() -> bool) {
    let mut known = false;
    block_on(poll_fn(|cx| {
        if !mem::replace(&mut known, true) {
            stage.cell.set_task(cx.waker());
        }
        if is_over() { Poll::Ready(()) } else { Poll::Pending }
    }));
}

/// As a kill and the node's deadline do it: the cell ends under the hands of its task and of a
/// sender.
#[test]
fn loom_a_cut_ends_the_cell_once_and_reaches_its_task() {
    explore(3, || {
        let stage = Stage::awake(1);
        stage.send(1);
        let task = stage.spawn(|stage| {
            wait_in_task(stage, || stage.cell.is_cut());
            stage.cell.let_go();
            stage.end()
        });
        let sender = stage.spawn(|stage| stage.send(2));
        assert!(stage.cut(), "who cuts it off ends it");
        block_on(stage.cell.dropped());
        assert!(!task.join().unwrap(), "its task finds it ended");
        sender.join().unwrap();
        stage.balance(2);
    });
}

#[test]
fn loom_a_worker_was_killed_if_the_kill_is_what_ended_it() {
    explore(3, || {
        let stage = Stage::awake(8);
        let worker = stage.spawn(|stage| stage.end());
        let ended_it = stage.kill();
        assert_eq!(stage.cell.is_killed(), ended_it);
        assert_ne!(worker.join().unwrap(), ended_it);
    });
}

#[test]
fn loom_a_stop_interrupts_a_processor_wherever_it_waits() {
    static PROCESSOR: CellMeta = CellMeta { kind: Kind::Processor, ..WORKER };
    explore(3, || {
        let stage = Stage::new(&PROCESSOR, 8, Arc::new(Drain::new()));
        let task = stage.spawn(|stage| {
            if stage.cell.settle_awake() {
                wait_in_task(stage, || stage.cell.is_stopping());
            }
            stage.finish();
        });
        stage.stop();
        task.join().unwrap();
    });
}

/// Whoever waits for the end is told, however early or late it asks.
#[test]
fn loom_all_who_wait_for_the_end_are_told() {
    explore(2, || {
        let stage = Stage::awake(8);
        let worker = stage.spawn(|stage| stage.work(true));
        let other = stage.spawn(|stage| stage.stop());
        let third = stage.spawn(|stage| stage.stop());
        worker.join().unwrap();
        other.join().unwrap();
        third.join().unwrap();
    });
}
