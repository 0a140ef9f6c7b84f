#!/usr/bin/env bash
# tracing-core 0.1.36: an event that is first reached on a thread without a subscriber is lost for
# good for the one scoped subscriber that exists, also on the thread that has it.
#
#   one scoped subscriber, event first on its own thread       seen
#   one scoped subscriber, event first on another thread       never seen afterwards
#   the same while a second, unused dispatcher is alive        seen
#   one scoped subscriber, then callsites are rebuilt          seen again
#
# Whether an event is of interest is computed when it is first reached and then kept. With a single
# dispatcher in the process that is computed from the default of the thread that is there, and not
# from the dispatcher: a thread without one answers "never". With two, all of them are asked.
#
# What follows for tests that read the log: a worker thread of a runtime can reach the event first, so
# such a test fails by chance. Set a global subscriber, or keep a second Dispatch alive.
#
# Seen with rustc 1.95 on Linux, x86_64. Exits with 1 if an output line differs.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat >"$dir/Cargo.toml" <<'TOML'
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[dependencies]
tracing = { version = "=0.1.44", default-features = false, features = ["std"] }
tracing-core = "=0.1.36"

[workspace]
TOML
cat >"$dir/src/main.rs" <<'RUST'
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::{Dispatch, Event, Metadata, Subscriber, dispatcher, span};

/// Counts events.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Counter {
    fn seen(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Subscriber for Counter {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Runs it on a thread that has no subscriber.
fn elsewhere(run: fn()) {
    std::thread::spawn(run).join().unwrap();
}

fn main() {
    let counter = Counter::default();
    let only = Dispatch::new(counter.clone());
    let _guard = dispatcher::set_default(&only);

    let first = || tracing::warn!("first");
    first();
    println!("own thread first: {}", counter.seen());

    fn second() {
        tracing::warn!("second");
    }
    elsewhere(second);
    second();
    println!("other thread first: {}", counter.seen());

    tracing_core::callsite::rebuild_interest_cache();
    second();
    println!("after a rebuild: {}", counter.seen());

    let _another = Dispatch::new(Counter::default());
    fn third() {
        tracing::warn!("third");
    }
    elsewhere(third);
    third();
    println!("other thread first, two dispatchers: {}", counter.seen());
}
RUST
seen=$(cargo run --quiet --manifest-path "$dir/Cargo.toml")
echo "$seen"
diff <(echo "$seen") - <<'OUT'
own thread first: 1
other thread first: 0
after a rebuild: 1
other thread first, two dispatchers: 1
OUT
