//! A worker that gives its task up, and gets one again.

use super::explore;
use super::stage::Stage;

#[test]
fn loom_a_message_that_comes_as_the_worker_falls_asleep_awakens_it_or_keeps_it_up() {
    explore(3, || {
        let stage = Stage::awake(8);
        let senders = [1, 2].map(|id| stage.spawn(move |stage| stage.send(id)));
        stage.work(false);
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        assert!(!stage.is_busy(), "in the end it sleeps");
        stage.balance(2);
    });
}

#[test]
fn loom_two_messages_to_a_sleeper_give_it_one_task() {
    explore(3, || {
        let stage = Stage::asleep(8);
        let other = stage.spawn(|stage| [1, 2].into_iter().for_each(|id| stage.send(id)));
        stage.send(3);
        other.join().unwrap();
        assert!(!stage.is_busy(), "in the end it sleeps");
        stage.balance(3);
    });
}

#[test]
fn loom_messages_that_come_during_the_start_are_handled_when_it_is_over() {
    explore(3, || {
        let stage = Stage::starting(1);
        let senders = [1, 2].map(|id| stage.spawn(move |stage| stage.send(id)));
        stage.settle();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        stage.balance(2);
    });
}

/// The sweeper asks the worker to rest while messages come.
#[test]
fn loom_a_lingering_worker_that_is_asked_to_rest_loses_no_message() {
    explore(3, || {
        let stage = Stage::awake(8);
        let worker = stage.spawn(|stage| stage.work(true));
        let sender = stage.spawn(|stage| [1, 2].into_iter().for_each(|id| stage.send(id)));
        let taken = stage.cell.request_rest(0).unwrap_or(0);
        stage.cell.request_rest(taken);
        sender.join().unwrap();
        stage.stop();
        worker.join().unwrap();
        stage.balance(2);
    });
}

/// It waits for no message, so the sweeper alone wakes it.
#[test]
fn loom_an_idle_worker_that_is_asked_to_rest_sleeps() {
    explore(3, || {
        let stage = Stage::awake(8);
        let worker = stage.spawn(|stage| stage.work(true));
        while stage.cell.request_rest(0).is_some() {
            loom::thread::yield_now();
        }
        worker.join().unwrap();
        assert!(!stage.is_busy());
    });
}
