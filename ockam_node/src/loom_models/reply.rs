//! An answer, a failure and the one who asks.

use super::{block_on, explore, id, message};
use crate::ask::slot::Ask;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::task::{Poll, Waker};
use loom::thread;
use ockam_core::{Error, ErrorKind};

fn ask() -> Arc<Ask> {
    Arc::new(Ask::new("ask".into(), "asked".into(), None))
}

fn spawn<R: 'static>(
    ask: &Arc<Ask>,
    act: impl FnOnce(&Ask) -> R + 'static,
) -> thread::JoinHandle<R> {
    let ask = Arc::clone(ask);
    thread::spawn(move || act(&ask))
}

/// Waits as an asker does: the id of the answer, or what went wrong.
fn wait(ask: &Ask) -> Result<u8, ErrorKind> {
    let outcome = block_on(poll_fn(|cx| ask.poll_result(cx.waker())));
    outcome.map(|answer| id(&answer)).map_err(|error| error.kind())
}

#[test]
fn loom_the_asker_gets_the_answer_or_the_failure_that_was_first() {
    explore(3, || {
        let ask = ask();
        let answer = spawn(&ask, |ask| ask.answer(message(1)).map_err(|back| id(&back)));
        let failure = spawn(&ask, |ask| ask.fail(Error::with_kind(ErrorKind::Stopped, "stopped")));
        let outcome = wait(&ask);
        failure.join().unwrap();
        match answer.join().unwrap() {
            Ok(()) => assert_eq!(outcome, Ok(1)),
            Err(back) => assert_eq!((outcome, back), (Err(ErrorKind::Stopped), 1)),
        }
        assert!(ask.poll_result(Waker::noop()).is_pending(), "it is handed out once");
    });
}

#[test]
fn loom_one_of_two_answers_arrives_and_the_other_is_given_back() {
    explore(3, || {
        let ask = ask();
        let answers = [1, 2].map(|number| {
            spawn(&ask, move |ask| ask.answer(message(number)).map_err(|back| id(&back)))
        });
        let outcome = wait(&ask);
        let late = answers.map(|answer| answer.join().unwrap());
        match outcome {
            Ok(1) => assert_eq!(late, [Ok(()), Err(2)]),
            Ok(2) => assert_eq!(late, [Err(1), Ok(())]),
            other => panic!("{other:?}"),
        }
    });
}

/// The ask may be moved from one task to another while it waits.
#[test]
fn loom_the_last_waker_of_an_ask_is_the_one_that_is_woken() {
    explore(3, || {
        let ask = ask();
        let answer = spawn(&ask, |ask| ask.answer(message(1)).is_ok());
        match ask.poll_result(Waker::noop()) {
            Poll::Ready(outcome) => assert_eq!(outcome.map(|answer| id(&answer)).ok(), Some(1)),
            Poll::Pending => assert_eq!(wait(&ask), Ok(1)),
        }
        assert!(answer.join().unwrap());
    });
}
