//! The log of the test process, as a test reads it.

use crate::support::lock;
use std::sync::{Mutex, OnceLock};

/// One event of the log: its level and all of its fields as text.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    pub(crate) level: tracing::Level,
    pub(crate) text: String,
}

struct Log(Mutex<Vec<Logged>>);

/// Starts to record the log of the whole process, once; events are told apart by addresses.
fn log() -> &'static Log {
    static LOG: OnceLock<&'static Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log: &'static Log = Box::leak(Box::new(Log(Mutex::new(Vec::new()))));
        tracing::subscriber::set_global_default(Recorder(log)).unwrap();
        log
    })
}

/// Begins to record; to be called before what is to be logged happens.
pub(crate) fn record_log() {
    log();
}

/// Returns the events that name a text.
pub(crate) fn logged(naming: &str) -> Vec<Logged> {
    lock(&log().0).iter().filter(|event| event.text.contains(naming)).cloned().collect()
}

struct Recorder(&'static Log);

impl tracing::Subscriber for Recorder {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= tracing::Level::INFO
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::INFO)
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = Fields(String::new());
        event.record(&mut text);
        lock(&self.0.0).push(Logged { level: *event.metadata().level(), text: text.0 });
    }

    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields(String);

impl tracing::field::Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        use std::fmt::Write;
        // Writing into a text does not fail.
        let _ = write!(self.0, "{}={value:?}; ", field.name());
    }
}
