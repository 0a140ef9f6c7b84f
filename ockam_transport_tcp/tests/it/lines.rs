//! The log, as a test reads it. Tests of other crates use this file as well.

use std::fmt::{Debug, Write};
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// Nobody's. While there is one only, `tracing` asks the thread that comes to a line first whether anybody
/// wants it, for good, and that may be a thread without one.
static OTHER: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(Writer { level: Level::TRACE, lines: Arc::default() }));

/// The lines of the thread of a test, which is all of the log in a runtime of one thread. Each begins
/// with its level, and its fields follow as `name=value;`.
pub(crate) struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Lines {
    /// Begins to keep the lines of a level and of those above it.
    pub(crate) fn of_this_thread(level: Level) -> Self {
        LazyLock::force(&OTHER);
        let lines = Arc::default();
        let writer = Writer { level, lines: Arc::clone(&lines) };
        Lines { lines, _guard: tracing::subscriber::set_default(writer) }
    }

    /// Takes out what there is by now.
    pub(crate) fn take(&self) -> Vec<String> {
        mem::take(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Writer {
    level: Level,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Subscriber for Writer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing into a text does not fail.
        let _ = write!(self.0, " {field}={value:?};");
    }
}
