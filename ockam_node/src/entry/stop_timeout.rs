//! How long the stop of a node that an attribute began may take: what the environment says, else
//! what the attribute says, else the default.

use crate::node::DEFAULT_STOP_TIMEOUT;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::format;
use std::string::String;

/// The environment variable with the limit of a node's stop, such as `30s`.
pub const STOP_TIMEOUT_VARIABLE: &str = "OCKAM_STOP_TIMEOUT";

/// Finds the limit. `attribute` is what the attribute says.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) if the variable is set to something else than a time.
pub(super) fn find(attribute: Option<Duration>) -> Result<Duration> {
    choose(std::env::var_os(STOP_TIMEOUT_VARIABLE), attribute)
}

fn choose(variable: Option<OsString>, attribute: Option<Duration>) -> Result<Duration> {
    let Some(value) = variable.filter(|value| !value.is_empty()) else {
        return Ok(attribute.unwrap_or(DEFAULT_STOP_TIMEOUT));
    };
    value.to_str().and_then(read).ok_or_else(|| {
        let text: String = format!(
            "{STOP_TIMEOUT_VARIABLE}={value:?} is no time: write a whole number with the unit \
             `ms`, `s`, `m` or `h`, such as `30s`"
        );
        Error::new(ErrorKind::InvalidInput, text)
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
    fn the_environment_comes_before_the_attribute_and_that_before_the_default() {
        let attribute = Some(Duration::from_secs(30));
        for (variable, attribute, seconds) in [
            (None, None, 1),
            (None, attribute, 30),
            (Some(""), attribute, 30),
            (Some("5000ms"), attribute, 5),
            (Some(" 2 m "), None, 120),
            (Some("1h"), attribute, 3600),
        ] {
            let limit = choose(variable.map(Into::into), attribute);
            assert_eq!(limit.ok(), Some(Duration::from_secs(seconds)), "{variable:?}");
        }
    }

    #[test]
    fn what_is_no_time_is_an_error_that_says_what_to_write() {
        for value in ["5", "s", "1.5s", "-1s", "soon", "99999999999999999999s", "9999999999999999h"]
        {
            let error = choose(Some(value.into()), None).err().map(|error| std::format!("{error}"));
            let text = error.unwrap_or_default();
            assert!(
                text.contains("OCKAM_STOP_TIMEOUT") && text.contains("`30s`"),
                "{value}: {text}"
            );
        }
    }
}
