//! The results, as a table or as JSON.

use std::fmt::Write;

/// What one workload found: numbers with the names that they have in JSON.
pub(crate) struct Row {
    workload: &'static str,
    values: Vec<(&'static str, f64)>,
}

/// The table's columns: the title, and the names of the values that stand there, of which a
/// workload has one at most. Values without a column are listed at the end of the line.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("ns/op", &["ns"]),
    ("floor ns", &["floor_ns"]),
    ("ratio", &["ratio"]),
    ("allocs/op", &["allocs"]),
    ("floor", &["floor_allocs"]),
    ("heap B/op", &["heap_bytes"]),
    ("rss B each", &["rss_bytes"]),
    ("floor rss", &["floor_rss_bytes"]),
];

const NAME_WIDTH: usize = 13;
const WIDTH: usize = 11;

impl Row {
    /// Begins the row of a workload.
    pub(crate) fn new(workload: &'static str) -> Self {
        Row { workload, values: Vec::new() }
    }

    /// Adds a value.
    pub(crate) fn with(mut self, name: &'static str, value: f64) -> Self {
        self.values.push((name, value));
        self
    }

    /// Writes the row as one line of JSON.
    pub(crate) fn json(&self) -> String {
        let mut line = format!("{{\"workload\":\"{}\"", self.workload);
        for (name, value) in &self.values {
            // Writing to a string cannot fail.
            let _ = write!(line, ",\"{name}\":{}", number(*value));
        }
        line.push('}');
        line
    }

    /// Writes the row as a line of the table.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("{:<NAME_WIDTH$}", self.workload);
        for (_, names) in COLUMNS {
            let value = self.values.iter().find(|(name, _)| names.contains(name));
            let cell = value.map_or("-".to_string(), |(_, value)| number(*value));
            let _ = write!(line, "{cell:>WIDTH$}");
        }
        let has_column = |name| COLUMNS.iter().any(|(_, names)| names.contains(name));
        for (name, value) in self.values.iter().filter(|(name, _)| !has_column(name)) {
            let _ = write!(line, "  {name} {}", number(*value));
        }
        line
    }
}

/// Writes the table's titles.
pub(crate) fn titles() -> String {
    let mut line = format!("{:<NAME_WIDTH$}", "workload");
    for (title, _) in COLUMNS {
        let _ = write!(line, "{title:>WIDTH$}");
    }
    line
}

/// Writes a number with as many digits as mean something.
fn number(value: f64) -> String {
    // A difference of two runs can be a tiny bit negative; that is a zero.
    let value = if value.abs() < 0.005 { 0.0 } else { value };
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}
