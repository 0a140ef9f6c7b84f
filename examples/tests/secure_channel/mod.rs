//! Runs the examples of identities, secure channels and credentials as processes.

use crate::process::{Ended, Process};
use crate::{stop_quietly, PORTS};
use std::fs;
use std::sync::PoisonError;

/// Starts an example that listens, and returns when it does.
fn start(name: &str, port: u16) -> Process {
    let process = Process::start(name, None);
    process.wait_for(&format!("Listening on 127.0.0.1:{port}"));
    process
}

fn assert_ended_well(ended: &Ended, stdout: &str) {
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (stdout, ""));
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn example_hello_sends_through_a_channel_within_one_node() {
    let ended = Process::start("hello", None).end();
    assert_ended_well(&ended, include_str!("../expected/hello.txt"));
}

#[test]
fn examples_05_a_secure_channel_goes_over_two_connections() {
    const HOPS: &str = "05-secure-channel-over-two-transport-hops";
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let responder = start(&format!("{HOPS}-responder"), 4000);
    let middle = start(&format!("{HOPS}-middle"), 3000);
    for _ in 0..2 {
        let initiator = Process::start(&format!("{HOPS}-initiator"), None);
        assert_ended_well(&initiator.end(), "App Received: Hello Ockam!\n");
        responder.wait_for("Address: 0#echoer, Received: Hello Ockam!");
        // The first message of the handshake comes to the relay; those after it know the way.
        middle.wait_for("Address: 0#forward_to_responder, Received: Any Message");
    }
    stop_quietly(middle);
    stop_quietly(responder);
}

/// The echoer is a consumer of the channels, and not of the connections.
#[test]
fn example_05_responder_answers_nobody_without_a_secure_channel() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let responder = start("05-secure-channel-over-two-transport-hops-responder", 4000);
    let initiator = Process::start("04-routing-over-transport-initiator", None);
    let refused = responder.next_line_of_log();
    assert!(refused.contains("0#echoer"), "{refused}");
    drop(initiator);
    stop_quietly(responder);
}

#[test]
fn examples_06_a_member_of_the_cluster_is_answered_and_a_stranger_is_not() {
    const EXCHANGE: &str = "06-credentials-exchange";
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let issuer = start(&format!("{EXCHANGE}-issuer"), 5000);
    let server = start(&format!("{EXCHANGE}-server"), 4000);
    for _ in 0..2 {
        let client = Process::start(&format!("{EXCHANGE}-client"), None);
        assert_ended_well(&client.end(), "App Received: Hello Ockam!\n");
        server.wait_for("Address: 0#echoer, Received: Hello Ockam!");
    }

    let stranger = Process::start(&format!("{EXCHANGE}-stranger"), None).end();
    let refused = include_str!("../expected/06-credentials-exchange-stranger.txt");
    assert_ended_well(&stranger, refused);
    let log = server.next_line_of_log();
    let words = "the incoming access control of the worker said no address=0#echoer";
    assert!(log.contains(words), "{log}");
    stop_quietly(server);
    stop_quietly(issuer);
}

#[test]
fn examples_07_a_stranger_is_refused_and_both_sides_say_so() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let server = Process::start("07-refused-stranger-server", None);
    let said = include_str!("../expected/07-refused-stranger-server.txt");
    for line in said.lines() {
        server.wait_for(line);
    }
    for first in [true, false] {
        let stranger = Process::start("07-refused-stranger", None).end();
        let told = include_str!("../expected/07-refused-stranger.txt");
        assert_ended_well(&stranger, told);
        if first {
            // What the log says, between the time and the address of the handshake.
            let log = server.next_line_of_log();
            for part in include_str!("../expected/07-refused-stranger-server.log.txt").lines() {
                assert!(log.contains(part), "{part} is not in {log}");
            }
        }
    }
    // The second time was counted only, and nothing else was said.
    stop_quietly(server);
}

/// Reads an identifier behind a text, on the only line.
fn identifier<'a>(printed: &'a str, text: &str) -> &'a str {
    let identifier = printed
        .strip_prefix(text)
        .and_then(|rest| rest.strip_suffix('\n'));
    let identifier = identifier.unwrap_or_else(|| panic!("it is not `{text}..`: {printed}"));
    let digits = identifier.strip_prefix('I').unwrap_or_default();
    assert!(digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    identifier
}

#[test]
fn example_vault_and_identities_makes_another_identity_each_time() {
    let [first, second] = [(); 2].map(|()| {
        let ended = Process::start("vault-and-identities", None).end();
        assert_ended_well(&ended, &ended.stdout);
        identifier(&ended.stdout, "Alice is ").to_string()
    });
    assert_ne!(first, second);
}

#[test]
fn example_identities_in_a_file_finds_its_identity_again() {
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/examples.identities");
    let copy = concat!(env!("CARGO_TARGET_TMPDIR"), "/examples.identities.bak");
    // They may be there from an earlier run.
    for path in [file, copy] {
        drop(fs::remove_file(path));
    }
    let [created, found] = ["Alice is now ", "Alice is still "].map(|text| {
        let ended = Process::start_with_input("identities-in-a-file", &[file]).end();
        assert_ended_well(&ended, &ended.stdout);
        identifier(&ended.stdout, text).to_string()
    });
    assert_eq!(created, found);
    for path in [file, copy] {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn example_identities_in_a_file_says_how_it_is_called() {
    let ended = Process::start("identities-in-a-file", None).end();
    assert!(
        ended.stderr.contains("alice.identities"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.status.code(), Some(1));
}
