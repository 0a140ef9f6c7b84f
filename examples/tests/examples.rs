//! Runs every example as a process of its own and compares what it prints.
//!
//! `cargo test -p hello_ockam --features file-store` builds the examples and then this; without the
//! feature it leaves out those with identities, which `cargo test --workspace` has. With
//! `--test examples`, or with the name of a test, cargo does not build the examples: what runs then
//! is what was built before.

#[cfg(unix)]
mod error_across_tcp;
#[cfg(all(unix, feature = "file-store"))]
mod healing_channel;
mod process;
#[cfg(unix)]
mod python;
#[cfg(unix)]
mod relay_restart;
#[cfg(all(unix, feature = "file-store"))]
mod secure_channel;

use process::Process;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One test for each example that ends by itself, without an error and without a log.
macro_rules! run_to_the_end {
    ($($test:ident: $name:literal,)*) => {
        const RUN_TO_THE_END: &[&str] = &[$($name),*];

        $(#[test]
        fn $test() {
            let ended = Process::start($name, None).end();
            assert_eq!(ended.stdout, include_str!(concat!("expected/", $name, ".txt")));
            assert_eq!(ended.stderr, "");
            assert_eq!(ended.status.code(), Some(0));
        })*
    };
}

run_to_the_end! {
    example_01_node: "01-node",
    example_02_worker: "02-worker",
    example_03_routing: "03-routing",
    example_03_routing_many_hops: "03-routing-many-hops",
    example_10_stateful_worker: "10-stateful-worker",
    example_11_several_addresses: "11-several-addresses",
    example_12_ask_with_timeout: "12-ask-with-timeout",
    example_13_custom_message: "13-custom-message",
    example_14_closure_worker: "14-closure-worker",
    example_15_workers_start_workers: "15-workers-start-workers",
    example_16_processor: "16-processor",
    example_17_delayed_event: "17-delayed-event",
    example_18_stop_and_shutdown: "18-stop-and-shutdown",
    example_19_access_control: "19-access-control",
    example_20_misspelt_address: "20-misspelt-address",
}

/// The examples that have tests of their own below.
const OTHERS: &[&str] = &[
    "04-routing-over-transport-responder",
    "04-routing-over-transport-initiator",
    "04-routing-over-transport-two-hops-responder",
    "04-routing-over-transport-two-hops-middle",
    "04-routing-over-transport-two-hops-initiator",
    "05-secure-channel-over-two-transport-hops-responder",
    "05-secure-channel-over-two-transport-hops-middle",
    "05-secure-channel-over-two-transport-hops-initiator",
    "06-credentials-exchange-issuer",
    "06-credentials-exchange-server",
    "06-credentials-exchange-client",
    "06-credentials-exchange-stranger",
    "07-refused-stranger-server",
    "07-refused-stranger",
    "21-failing-worker",
    "22-error-from-main",
    "23-run-until-stopped",
    "24-slow-shutdown",
    "25-error-across-tcp-responder",
    "25-error-across-tcp-initiator",
    "30-relay-service",
    "30-relay-owner",
    "30-relay-user",
    "31-relay-chat",
    "32-relay-owner-with-retries",
    "33-healing-channel-owner",
    "33-healing-channel",
    "hello",
    "vault-and-identities",
    "identities-in-a-file",
];

/// The ports of the examples are fixed, so one test at a time has them.
static PORTS: Mutex<()> = Mutex::new(());

#[cfg(unix)]
#[test]
fn examples_04_one_node_reaches_a_worker_of_another() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let responder = Process::start("04-routing-over-transport-responder", None);
    responder.wait_for("Listening on 127.0.0.1:4000");
    for _ in 0..2 {
        let ended = Process::start("04-routing-over-transport-initiator", None).end();
        assert_eq!(ended.stdout, "App Received: Hello Ockam!\n");
        assert_eq!(ended.stderr, "");
        assert_eq!(ended.status.code(), Some(0));
        responder.wait_for("Address: 0#echoer, Received: Hello Ockam!");
    }
    responder.signal("TERM");
    let ended = responder.end();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_eq!(ended.status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn examples_04_two_hops_reach_through_the_node_in_the_middle() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let responder = Process::start("04-routing-over-transport-two-hops-responder", None);
    responder.wait_for("Listening on 127.0.0.1:4000");
    let middle = Process::start("04-routing-over-transport-two-hops-middle", None);
    middle.wait_for("Listening on 127.0.0.1:3000");
    for _ in 0..2 {
        let ended = Process::start("04-routing-over-transport-two-hops-initiator", None).end();
        assert_eq!(ended.stdout, "App Received: Hello Ockam!\n");
        assert_eq!(ended.stderr, "");
        assert_eq!(ended.status.code(), Some(0));
        responder.wait_for("Address: 0#echoer, Received: Hello Ockam!");
        middle.wait_for("Address: 0#forward_to_responder, Received: Any Message");
    }
    for process in [middle, responder] {
        process.signal("TERM");
        let ended = process.end();
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
        assert_eq!(ended.status.code(), Some(0));
    }
}

/// Ends a node that runs until it is stopped, and expects nothing more of it.
#[cfg(unix)]
fn stop_quietly(process: Process) {
    process.signal("TERM");
    let ended = process.end();
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    assert_eq!(ended.status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn examples_30_a_node_behind_a_firewall_is_reached_through_its_relay() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let service = Process::start("30-relay-service", None);
    service.wait_for("Listening on 127.0.0.1:4000");
    let owner = Process::start("30-relay-owner", None);
    owner.wait_for("Relay at 0#forward_to_cellar");
    for _ in 0..2 {
        let ended = Process::start("30-relay-user", None).end();
        assert_eq!(ended.stdout, "App Received: Hello Ockam!\n");
        assert_eq!(ended.stderr, "");
        assert_eq!(ended.status.code(), Some(0));
        owner.wait_for("Address: 0#echoer, Received: Hello Ockam!");
    }
    stop_quietly(owner);
    stop_quietly(service);
}

#[cfg(unix)]
#[test]
fn example_31_two_people_behind_firewalls_talk() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let service = Process::start("30-relay-service", None);
    service.wait_for("Listening on 127.0.0.1:4000");
    let mut alice = Process::start_with_input("31-relay-chat", &["alice", "bob"]);
    alice.wait_for("Say something to bob, and end with Ctrl-D");
    let mut bob = Process::start_with_input("31-relay-chat", &["bob", "alice"]);
    bob.wait_for("Say something to alice, and end with Ctrl-D");
    for round in 0..3 {
        alice.type_line(&format!("Hello {round}"));
        bob.wait_for(&format!("alice: Hello {round}"));
        bob.type_line(&format!("Hi {round}"));
        alice.wait_for(&format!("bob: Hi {round}"));
    }
    for mut process in [alice, bob] {
        process.end_of_input();
        let ended = process.end();
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
        assert_eq!(ended.status.code(), Some(0));
    }
    stop_quietly(service);
}

#[test]
fn example_31_says_how_it_is_called() {
    let ended = Process::start("31-relay-chat", None).end();
    assert!(ended.stderr.contains("alice bob"), "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn example_04_initiator_says_what_to_do_when_nobody_listens() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let ended = Process::start("04-routing-over-transport-initiator", None).end();
    assert_eq!(ended.status.code(), Some(1));
    for part in [
        "Error: cannot connect to localhost:4000",
        "start the other node first",
    ] {
        assert!(
            ended.stderr.contains(part),
            "`{part}` is missing: {}",
            ended.stderr
        );
    }
}

#[test]
fn example_21_a_failing_worker_is_logged_in_one_line() {
    let ended = Process::start("21-failing-worker", None).end();
    assert_eq!(ended.stdout, include_str!("expected/21-failing-worker.txt"));
    assert_eq!(ended.status.code(), Some(0));

    let log = ended.stderr;
    assert_eq!(log.lines().count(), 1, "{log}");
    for part in ["ERROR", "0#parser", "invalid digit found in string"] {
        assert!(log.contains(part), "`{part}` is missing: {log}");
    }
}

#[test]
fn example_21_a_failing_worker_is_not_logged_if_the_log_is_off() {
    let ended = Process::start("21-failing-worker", Some("off")).end();
    assert_eq!(ended.stdout, include_str!("expected/21-failing-worker.txt"));
    assert_eq!(ended.stderr, "");
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn example_22_an_error_from_main_is_printed_and_sets_the_exit_status() {
    let ended = Process::start("22-error-from-main", None).end();
    assert_eq!(ended.stdout, "");
    assert_eq!(
        ended.stderr,
        "Error: greeting the echoer: no worker at 0#ecoher (did you mean 0#echoer?)\n"
    );
    assert_eq!(ended.status.code(), Some(1));
}

#[cfg(unix)]
mod signals {
    use crate::process::{Process, LIMIT};
    use std::time::Instant;

    /// How often a test tries to be faster than the node's own deadline.
    const ATTEMPTS: usize = 5;

    fn stops_gracefully(signal: &str) {
        let process = Process::start("23-run-until-stopped", None);
        process.wait_for("Press Ctrl-C to stop the node");
        let begin = Instant::now();
        process.signal(signal);
        let ended = process.end();

        assert_eq!(ended.stdout, "Address: 0#greeter, Shut down\n");
        assert_eq!(ended.stderr, "");
        assert_eq!(ended.status.code(), Some(0));
        // An idle node stops in milliseconds. This leaves room for a machine that is busy.
        assert!(begin.elapsed() < LIMIT / 4, "{:?}", begin.elapsed());
    }

    #[test]
    fn example_23_stops_gracefully_on_sigint() {
        stops_gracefully("INT");
    }

    #[test]
    fn example_23_stops_gracefully_on_sigterm() {
        stops_gracefully("TERM");
    }

    #[test]
    fn example_23_prints_what_is_expected_before_the_signal() {
        let process = Process::start("23-run-until-stopped", None);
        for line in include_str!("expected/23-run-until-stopped.txt").lines() {
            let printed = process.next_line();
            assert_eq!(printed.as_deref().map(str::trim_end), Some(line));
        }
        process.signal("TERM");
    }

    #[test]
    fn example_24_is_ended_at_once_by_a_second_signal() {
        for first in ["INT", "TERM"] {
            let statuses: Vec<_> = (0..ATTEMPTS)
                .map(|_| {
                    let process = Process::start("24-slow-shutdown", None);
                    process.wait_for("Press Ctrl-C to stop the node, and again to stop waiting");
                    process.signal(first);
                    process.wait_for("Address: 0#slow, Shutting down");
                    process.signal("INT");
                    process.end().status.code()
                })
                // A machine that stands still for a second has run into the node's deadline.
                .take_while(|status| *status != Some(130))
                .collect();
            assert!(statuses.len() < ATTEMPTS, "{first}: {statuses:?}");
        }
    }

    #[test]
    fn example_24_is_cut_off_at_the_deadline_of_the_stop() {
        let process = Process::start("24-slow-shutdown", None);
        process.wait_for("Press Ctrl-C to stop the node, and again to stop waiting");
        let begin = Instant::now();
        process.signal("INT");
        let ended = process.end();

        assert_eq!(ended.stdout, "Address: 0#slow, Shutting down\n");
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert!(ended.stderr.contains("0#slow (`Slow`)"), "{}", ended.stderr);
        // The worker would take a minute.
        assert!(begin.elapsed() < LIMIT / 4, "{:?}", begin.elapsed());
    }

    #[test]

    fn example_24_reports_in_its_exit_status_that_it_was_cut_off() {
        let process = Process::start("24-slow-shutdown", None);
        process.wait_for("Press Ctrl-C to stop the node, and again to stop waiting");
        process.signal("INT");
        assert_eq!(process.end().status.code(), Some(1));
    }
}

#[test]
fn every_example_is_listed_everywhere() {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let tested: BTreeSet<_> = RUN_TO_THE_END.iter().chain(OTHERS).copied().collect();

    let mut found = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = file.strip_suffix(".rs") else {
            continue;
        };
        found += 1;
        assert!(tested.contains(name), "{file} is not tested");
        let entry = format!("name = \"{name}\"\npath = \"{file}\"\n");
        let Some((_, rest)) = manifest.split_once(&entry) else {
            panic!("{file} is not in Cargo.toml");
        };
        let features = match rest.split_once("required-features = [\"") {
            Some(("", named)) => format!("--features {} ", named.split_once('"').unwrap().0),
            _ => String::new(),
        };
        let command = format!("cargo run {features}--example {name}");
        let in_readme = readme.contains(&format!("`{command}`"));
        assert!(in_readme, "`{command}` is not in README.md");
        let text = fs::read_to_string(folder().join(&file)).unwrap();
        let header = format!("// examples/{file}\n");
        assert!(text.starts_with(&header), "{file} begins with another name");
        let other = text.contains("cargo run") && !text.contains(&command);
        assert!(!other, "{file} has another command than `{command}`");
    }
    assert_eq!(found, tested.len(), "an example that is tested is gone");
}

/// The programs of the document "Nodes and Workers", which are there unchanged: their lengths and
/// the FNV-1a hashes of their bytes. Do not correct these numbers; restore the file.
const OF_THE_DOCUMENT: [(&str, usize, u64); 3] = [
    ("01-node.rs", 322, 0x77ea_0e8f_67a6_cc6d),
    ("02-worker.rs", 728, 0x33f9_2d83_3f51_e7cc),
    ("src/echoer.rs", 467, 0x020c_08e8_2aa0_7f5d),
];

#[test]
fn the_programs_of_the_document_are_unchanged() {
    for (file, length, hash) in OF_THE_DOCUMENT {
        let bytes = fs::read(folder().join(file)).unwrap();
        assert_eq!(
            (bytes.len(), fnv1a(&bytes)),
            (length, hash),
            "{file} is the document's, byte for byte: do not edit or reformat it"
        );
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
