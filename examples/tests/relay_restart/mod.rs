//! A relay service whose process is killed and comes back, and an owner that keeps trying.

use crate::process::Process;
use crate::{stop_quietly, PORTS};
use std::sync::PoisonError;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long the service is away.
const AWAY: Duration = Duration::from_secs(3);

/// How long the owner may take when the service is back: the longest wait between its attempts, one
/// second, and as much again on a machine that is busy.
const BACK_WITHIN: Duration = Duration::from_secs(2);

/// How many times the process is killed: once, or as often as the environment says, for measuring.
fn kills() -> usize {
    let said = std::env::var("OCKAM_RELAY_KILLS").ok();
    said.map_or(1, |kills| kills.parse().unwrap())
}

fn start_service() -> Process {
    let service = Process::start("30-relay-service", None);
    service.wait_for("Listening on 127.0.0.1:4000");
    service
}

fn is_reached() {
    let ended = Process::start("30-relay-user", None).end();
    assert_eq!(ended.stdout, "App Received: Hello Ockam!\n");
    assert_eq!((ended.stderr.as_str(), ended.status.code()), ("", Some(0)));
}

/// Starts an owner, then the service, kills that, and starts it again. Returns how long the owner
/// took to register.
fn kill_once() -> Duration {
    let owner = Process::start("32-relay-owner-with-retries", None);
    let refused = "cannot connect to 127.0.0.1:4000: nobody listens there: start the other node \
                   first, or correct the address";
    owner.wait_for(&format!("The relay is connecting (attempt 2): {refused}"));
    let service = start_service();
    owner.wait_for("The relay is up");
    is_reached();

    service.signal("KILL");
    assert_eq!(service.end().status.code(), None);
    sleep(AWAY);
    let service = start_service();
    let back = Instant::now();
    owner.wait_for("The relay is up");
    let took = back.elapsed();
    is_reached();
    stop_quietly(service);
    owner.signal("TERM");
    assert_eq!(owner.end().status.code(), Some(0));
    took
}

#[test]
fn an_owner_is_registered_again_soon_after_the_relay_was_killed_and_is_back() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut took: Vec<Duration> = (0..kills()).map(|_| kill_once()).collect();
    took.sort_unstable();
    let (median, longest) = (took[took.len() / 2], took[took.len() - 1]);
    println!("registered again after {median:?}, at most {longest:?}");
    assert!(longest <= BACK_WITHIN, "{took:?}");
}
