//! The log of a node.

use std::fmt::Write;
use std::mem;
use std::sync::{Arc, LazyLock, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// A second subscriber. With only one, `tracing` decides at the first use of a line whether it is
/// enabled, for good, and that may be in a thread without a subscriber.
static OTHER: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Writer(Arc::default())));

/// Captures the log of a test's thread, which is complete in a runtime with one thread.
pub(crate) struct Log {
    text: Arc<Mutex<String>>,
    _guard: DefaultGuard,
}

impl Log {
    pub(crate) fn of_this_thread() -> Self {
        LazyLock::force(&OTHER);
        let text = Arc::new(Mutex::new(String::new()));
        let _guard = tracing::subscriber::set_default(Writer(Arc::clone(&text)));
        Log { text, _guard }
    }

    /// Returns whether a text was logged since the last check.
    pub(crate) fn says(&self, why: &str) -> bool {
        self.text.lock().unwrap().contains(why)
    }

    /// Returns how often a text was logged since the last check.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.text.lock().unwrap().matches(what).count()
    }

    /// Checks that each of the texts was logged since the last check.
    #[track_caller]
    pub(crate) fn assert_says(&self, reasons: &[&str]) {
        let said = mem::take(&mut *self.text.lock().unwrap());
        for why in reasons {
            assert!(said.contains(why), "{why:?} is not in:\n{said}");
        }
    }
}

struct Writer(Arc<Mutex<String>>);

impl Subscriber for Writer {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = writeln!(self.0, "{field}: {value:?}");
    }
}
