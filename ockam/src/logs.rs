//! Logging for programs that have not set any up: warnings are seen, not swallowed.

use std::io::{IsTerminal, stderr};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

/// The environment variable that sets levels, such as `debug` or `warn,ockam_node=trace`.
const VARIABLE: &str = "OCKAM_LOG";

/// Writes logs to standard error, unless the program has a subscriber already.
pub(crate) fn init() {
    if tracing::dispatcher::has_been_set() {
        return;
    }
    let (levels, mistake) = match std::env::var(VARIABLE) {
        Err(_) => (default_levels(), None),
        Ok(text) => match text.parse::<Targets>() {
            Ok(levels) => (levels, None),
            Err(error) => (default_levels(), Some((text, error))),
        },
    };
    let layer =
        fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).with_target(false);
    // Somebody else may be faster; then theirs is respected.
    if registry().with(levels).with(layer).try_init().is_err() {
        return;
    }
    if let Some((text, error)) = mistake {
        tracing::warn!(
            "{VARIABLE}={text} is ignored: {error}; write for example `debug` or `warn,ockam_node=trace`"
        );
    }
}

fn default_levels() -> Targets {
    Targets::new().with_default(LevelFilter::WARN)
}
