//! Runs the node in `examples/python/`, which was written from `docs/protocol.md` alone, alone and
//! with examples, as processes. Where there is no Python, it says so and tests nothing.

use crate::process::{Ended, Process};
use crate::PORTS;
use ockam::error::{FailureReason, RemoteFailure};
use ockam::{node as node_of, route, Context, ErrorKind};
use ockam::{TcpConnectionOptions, TcpTransportExtension};
use std::process::Command;
use std::sync::PoisonError;

/// Starts a program of `examples/python/`.
fn python(script: &str, arguments: &[&str]) -> Option<Process> {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3");
        return None;
    }
    let mut command = Command::new("python3");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
    // It leaves no compiled files behind.
    command
        .current_dir(folder)
        .args(["-B", script])
        .args(arguments);
    Some(Process::run(command))
}

fn node(arguments: &[&str]) -> Option<Process> {
    python("ockam_node.py", arguments)
}

fn assert_ended_well(ended: &Ended, stdout: &str) {
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), (stdout, ""));
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn a_node_from_the_document_alone_keeps_to_the_vectors() {
    let Some(tests) = python("test_ockam_node.py", &[]) else {
        return;
    };
    let ended = tests.end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_node_from_the_document_alone_asks_a_worker_of_ours() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let responder = Process::start("04-routing-over-transport-responder", None);
    responder.wait_for("Listening on 127.0.0.1:4000");
    let long = "ä".repeat(1000);
    for text in ["Hello from Python!", "", &long] {
        let Some(asker) = node(&["ask", "127.0.0.1:4000", "echoer", text]) else {
            return;
        };
        assert_ended_well(&asker.end(), &format!("Received: {text}\n"));
        responder.wait_for(format!("Address: 0#echoer, Received: {text}").trim_end());
    }
    responder.signal("TERM");
    assert_ended_well(&responder.end(), "");
}

#[test]
fn a_node_from_the_document_alone_is_told_that_its_question_failed() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let responder = Process::start("25-error-across-tcp-responder", None);
    responder.wait_for("Listening on 127.0.0.1:4000");
    let Some(asker) = node(&["ask", "127.0.0.1:4000", "parser", "forty-two"]) else {
        return;
    };
    let ended = asker.end();
    let text = "0#parser failed to handle the message: invalid digit found in string";
    assert_eq!(ended.stderr, format!("error: {text}\n"));
    assert_eq!((ended.stdout.as_str(), ended.status.code()), ("", Some(1)));
}

#[test]
fn a_node_of_ours_asks_a_worker_of_one_from_the_document_alone() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(echoer) = node(&["echo", "127.0.0.1:4000"]) else {
        return;
    };
    echoer.wait_for("Listening on 127.0.0.1:4000");
    for _ in 0..2 {
        let asker = Process::start("04-routing-over-transport-initiator", None);
        assert_ended_well(&asker.end(), "App Received: Hello Ockam!\n");
        echoer.wait_for("Address: 0#echoer, Received: Hello Ockam!");
    }
    echoer.signal("TERM");
    let ended = echoer.end();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

#[ockam::test]
async fn a_node_from_the_document_alone_tells_one_of_ours_that_it_could_not_read_a_body(
    ctx: Context,
) -> ockam::Result<()> {
    let Some(echoer) = node(&["echo", "127.0.0.1:0"]) else {
        return Ok(());
    };
    let listening = echoer.next_line().unwrap();
    let peer = listening.trim_end().strip_prefix("Listening on ").unwrap();
    let node = node_of(ctx);
    let tcp = node.create_tcp_transport().await?;
    let connection = tcp
        .connect(peer.to_string(), TcpConnectionOptions::new())
        .await?;
    let ask = node.send_and_receive::<String>(route![connection, "echoer"], (7u8, 200u64));
    let error = ask.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding, "{error}");
    let failure = error.downcast_ref::<RemoteFailure>().unwrap();
    assert_eq!(failure.reason(), FailureReason::Undecodable);
    let text = "could not read the body: its 3 bytes are not a `String`";
    assert!(error.to_string().ends_with(text), "{error}");
    Ok(())
}

#[test]
fn a_node_from_the_document_alone_says_what_went_wrong() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let cases = [
        (["ask", "127.0.0.1:4000", "echoer", "Hello"], "refused"),
        (["ask", "127.0.0.1", "echoer", "Hello"], "write HOST:PORT"),
    ];
    for (arguments, words) in cases {
        let Some(asker) = node(&arguments) else {
            return;
        };
        let ended = asker.end();
        assert_eq!((ended.stdout.as_str(), ended.status.code()), ("", Some(1)));
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}
