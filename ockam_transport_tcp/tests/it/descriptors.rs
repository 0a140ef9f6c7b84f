//! A listener whose process has no file descriptors left.

use crate::peer::Peer;
use crate::support::{PATIENCE, TcpNode, eventually};
use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tracing::{Event, Level, Metadata, Subscriber, span};

/// Says that this is the process with few descriptors.
const FEW: &str = "OCKAM_TEST_FEW_DESCRIPTORS";

static WARNINGS: AtomicUsize = AtomicUsize::new(0);
static FAILURES: AtomicUsize = AtomicUsize::new(0);

/// Counts what listeners say about failing: warnings, and all of it.
struct Counting;

impl Subscriber for Counting {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "ockam_transport_tcp::listener"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().fields().field("error").is_some() {
            FAILURES.fetch_add(1, Ordering::SeqCst);
            let is_warning = *event.metadata().level() <= Level::WARN;
            WARNINGS.fetch_add(usize::from(is_warning), Ordering::SeqCst);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// It runs in a process of its own, which the other tests do not disturb.
#[test]
fn a_listener_without_descriptors_pauses_says_so_once_and_goes_on() {
    let name = "descriptors::a_listener_without_descriptors_pauses_says_so_once_and_goes_on";
    if std::env::var_os(FEW).is_some() {
        tracing::subscriber::set_global_default(Counting).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread();
        return { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(go_on());
    }
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(FEW, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn go_on() {
    let (_node, listener) = TcpNode::echoing().await;
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    // One descriptor is left, and this end takes it.
    files.pop();
    let begun = Instant::now();
    let mut peer = Peer::connect(listener.socket_address());
    eventually("it has failed some times", || FAILURES.load(Ordering::SeqCst) >= 4).await;
    assert!(begun.elapsed() >= Duration::from_millis(300), "it does not spin");
    assert_eq!(WARNINGS.load(Ordering::SeqCst), 1);
    files.clear();
    assert_eq!(peer.hear_some(), [1], "it is accepted");
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(WARNINGS.load(Ordering::SeqCst), 1);
}
