//! How long the stop of the node of a main function may take: what the environment says, else what
//! the program says, in its attribute or its builder, or the default.

use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::format;
use std::string::String;

/// The environment variable with the limit of a node's stop, such as `30s`.
pub const STOP_TIMEOUT_VARIABLE: &str = "OCKAM_STOP_TIMEOUT";

/// Finds the limit; `program` is that of the program.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) if the variable is set to something else than a time.
pub(super) fn find(program: Duration) -> Result<Duration> {
    choose(std::env::var_os(STOP_TIMEOUT_VARIABLE), program)
}

fn choose(variable: Option<OsString>, program: Duration) -> Result<Duration> {
    let Some(value) = variable.filter(|value| !value.is_empty()) else {
        return Ok(program);
    };
    value.to_str().and_then(read).ok_or_else(|| {
        let text: String = format!(
            "{STOP_TIMEOUT_VARIABLE}={value:?} is no time: write a whole number with the unit \
             `ms`, `s`, `m` or `h`, such as `30s`"
        );
        Error::with_kind(ErrorKind::InvalidInput, text)
    })
}

/// Reads a whole number with a unit.
fn read(text: &str) -> Option<Duration> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let unit = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    Some(Duration::from_millis(number.parse::<u64>().ok()?.checked_mul(unit)?))
}

#[cfg(test)]
mod tests {
    use super::choose;
    use core::time::Duration;

    #[test]
    fn the_environment_comes_before_the_program() {
        for (variable, seconds) in [
            (None, 30),
            (Some(""), 30),
            (Some("5000ms"), 5),
            (Some(" 2 m "), 120),
            (Some("1h"), 3600),
        ] {
            let limit = choose(variable.map(Into::into), Duration::from_secs(30));
            assert_eq!(limit.ok(), Some(Duration::from_secs(seconds)), "{variable:?}");
        }
    }

    #[test]
    fn what_is_no_time_is_an_error_that_says_what_to_write() {
        for value in ["5", "s", "1.5s", "-1s", "soon", "99999999999999999999s", "9999999999999999h"]
        {
            let error = choose(Some(value.into()), Duration::ZERO)
                .err()
                .map(|error| std::format!("{error}"));
            let text = error.unwrap_or_default();
            assert!(
                text.contains("OCKAM_STOP_TIMEOUT") && text.contains("`30s`"),
                "{value}: {text}"
            );
        }
    }
}
