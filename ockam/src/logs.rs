//! Logging for programs that have not set any up: warnings are seen, not swallowed.
//!
//! Each event is one line on standard error: the seconds since the start, the level, the message,
//! and the fields behind it. Spans are not followed; a program that wants more sets up a
//! subscriber of its own, which is then respected.

mod levels;
mod line;

use levels::Levels;
use line::Line;
use std::io::Write;
use std::time::Instant;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// The environment variable that sets levels, such as `debug` or `warn,ockam_node=trace`.
const VARIABLE: &str = "OCKAM_LOG";

/// Writes logs to standard error, unless the program has a subscriber already.
pub(crate) fn init() {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let text = std::env::var(VARIABLE).unwrap_or_default();
    let (levels, mistake) = match text.parse::<Levels>() {
        Ok(levels) => (levels, None),
        Err(mistake) => (Levels::default(), Some(mistake)),
    };
    let subscriber = StderrSubscriber { levels, start: Instant::now() };
    // Somebody else may have been faster; then theirs is respected.
    if tracing::subscriber::set_global_default(subscriber).is_err() {
        return;
    }
    if let Some(mistake) = mistake {
        tracing::warn!("{VARIABLE}={text} is ignored: {mistake}");
    }
}

struct StderrSubscriber {
    levels: Levels,
    start: Instant,
}

impl Subscriber for StderrSubscriber {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.levels.of(metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.highest())
    }

    fn event(&self, event: &Event<'_>) {
        let line = Line::new(self.start.elapsed(), event);
        // A log that cannot be written has nowhere to complain to.
        drop(std::io::stderr().lock().write_all(line.as_bytes()));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // Spans are never enabled, so one id for all of them is never looked at.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
