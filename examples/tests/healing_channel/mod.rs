//! A secure channel over a relay whose process is killed and comes back.

use crate::process::Process;
use crate::PORTS;
use std::sync::PoisonError;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long the service is away.
const AWAY: Duration = Duration::from_secs(3);

/// How long an answer may take when the service is back: the owner and the user come back to it with
/// waits of one second at most, and this is a machine that is busy.
const BACK_WITHIN: Duration = Duration::from_secs(5);

const ANSWER: &str = "App Received: Hello";

fn start_service() -> Process {
    let service = Process::start("30-relay-service", None);
    service.wait_for("Listening on 127.0.0.1:4000");
    service
}

#[test]
fn example_33_a_channel_survives_the_restart_of_its_relay() {
    let _ports = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let service = start_service();
    let owner = Process::start("33-healing-channel-owner", None);
    owner.wait_for("Owner Idcdb45ce1799d272eb890b5bd3bbfb642e73ac069fde14a67c05b2a67aecb9bd");
    owner.wait_for("The relay is up");
    let user = Process::start("33-healing-channel", None);
    user.wait_for(ANSWER);

    service.signal("KILL");
    assert_eq!(service.end().status.code(), None);
    sleep(AWAY);
    let service = start_service();
    let back = Instant::now();
    // The first one may have come before the kill.
    user.wait_for(ANSWER);
    user.wait_for(ANSWER);
    assert!(back.elapsed() < BACK_WITHIN, "{:?}", back.elapsed());
    for process in [user, owner, service] {
        process.signal("TERM");
        assert_eq!(process.end().status.code(), Some(0));
    }
}
