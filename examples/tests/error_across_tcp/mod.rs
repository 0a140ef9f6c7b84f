//! Runs the examples in which a question fails on another node, as processes.

use crate::process::{Process, LIMIT};
use crate::{stop_quietly, PORTS};
use std::sync::PoisonError;
use std::time::Instant;

#[test]
fn examples_25_an_asker_on_another_node_is_told_of_the_error_at_once() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let responder = Process::start("25-error-across-tcp-responder", None);
    for line in include_str!("../expected/25-error-across-tcp-responder.txt").lines() {
        responder.wait_for(line);
    }
    for first in [true, false] {
        let begin = Instant::now();
        let initiator = Process::start("25-error-across-tcp-initiator", None).end();
        let told = include_str!("../expected/25-error-across-tcp-initiator.txt");
        assert_eq!(
            (initiator.stdout.as_str(), initiator.stderr.as_str()),
            (told, "")
        );
        assert_eq!(initiator.status.code(), Some(0));
        // An ask that is not told takes 30 s.
        assert!(begin.elapsed() < LIMIT / 4, "{:?}", begin.elapsed());
        if first {
            let log = responder.next_line_of_log();
            let expected = include_str!("../expected/25-error-across-tcp-responder.log.txt");
            assert!(log.ends_with(expected), "{expected} is not in {log}");
        }
    }
    // The second time was counted only.
    stop_quietly(responder);
}
