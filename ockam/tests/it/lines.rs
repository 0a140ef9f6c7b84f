//! The lines of a node's log.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{self, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

/// The lines of INFO and above of the thread of a test, which is all of the log in a runtime of one
/// thread.
pub(crate) struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Lines {
    pub(crate) fn of_this_thread() -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let _guard = tracing::subscriber::set_default(Writer(Arc::clone(&lines)));
        Lines { lines, _guard }
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }

    /// Checks that nothing was logged but the powers of ten up to `count`, with a text.
    #[track_caller]
    pub(crate) fn assert_counted(&self, text: &str, count: u64) {
        let lines = self.take();
        let counts: Vec<u64> =
            (0..).map(|power| 10_u64.pow(power)).take_while(|c| *c <= count).collect();
        assert_eq!(lines.len(), counts.len(), "{lines:#?}");
        for (line, count) in lines.iter().zip(counts) {
            assert!(line.contains(text) && line.contains(&format!("count={count};")), "{lines:#?}");
        }
    }
}

struct Writer(Arc<Mutex<Vec<String>>>);

impl Subscriber for Writer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{field}={value:?}; ");
    }
}
