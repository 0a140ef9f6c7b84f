//! One event as one line.

use core::fmt::{self, Write};
use core::time::Duration;
use tracing::Event;
use tracing::field::{Field, Visit};

/// The text of an event: `   1.234s  WARN the message key=value`.
pub(crate) struct Line {
    text: String,
    fields: String,
}

impl Line {
    pub(crate) fn new(since_start: Duration, event: &Event<'_>) -> Self {
        let metadata = event.metadata();
        let mut line = Line { text: String::new(), fields: String::new() };
        // Writing to a string does not fail.
        let _ = write!(line.text, "{:>8.3}s {:>5} ", since_start.as_secs_f64(), metadata.level());
        event.record(&mut line);
        line.text.push_str(&line.fields);
        line.text.push('\n');
        line
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.text, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
