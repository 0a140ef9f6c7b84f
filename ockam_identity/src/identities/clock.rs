//! The clock, and the check for times that cannot be right.

use alloc::format;
use ockam_core::{Error, ErrorKind, Result};

/// Earliest plausible time of a clock, in seconds since 1970 UTC: that of the build. A clock behind
/// it has not been set yet, as on a device without a battery after power-up; with such a clock no
/// identity is created, rotated or presented, since peers would never accept the result.
///
/// It is 2026-01-01, or the value of the environment variable `OCKAM_BUILD_TIME` when this crate is
/// compiled, if that is later. The time of the compiler run is not used, so that builds are
/// reproducible. To set it, use `OCKAM_BUILD_TIME=$SOURCE_DATE_EPOCH`, or the time of the commit,
/// `OCKAM_BUILD_TIME=$(git log -1 --format=%ct)`.
pub const EARLIEST_TIME: u64 = earliest(option_env!("OCKAM_BUILD_TIME"));

/// 2026-01-01 00:00:00 UTC: these sources are not older.
const TIME_OF_SOURCES: u64 = 1_767_225_600;

const fn earliest(build_time: Option<&str>) -> u64 {
    let Some(text) = build_time else { return TIME_OF_SOURCES };
    match u64::from_str_radix(text, 10) {
        Ok(time) if time > TIME_OF_SOURCES => time,
        Ok(_) => TIME_OF_SOURCES,
        // Evaluated at compile time.
        Err(_) => panic!("OCKAM_BUILD_TIME is not a number of seconds since 1970"),
    }
}

/// Returns an error for a clock that has not been set yet.
pub(super) fn check_clock(now: u64) -> Result<()> {
    if now >= EARLIEST_TIME {
        return Ok(());
    }
    Err(Error::with_text(ErrorKind::Failed, || {
        format!(
            "the clock of this node says {now} s since 1970, which is before this program was \
             built ({EARLIEST_TIME} s): set the clock first"
        )
    }))
}

/// A source of time.
///
/// With `std`, a panic in it ends the operation that needed the time, such as a handshake.
pub trait Clock: Send + Sync + 'static {
    /// Returns the number of whole seconds since 1970 UTC.
    fn now(&self) -> u64;
}

/// A function as a clock, for tests and for machines without an operating system.
impl<F: Fn() -> u64 + Send + Sync + 'static> Clock for F {
    fn now(&self) -> u64 {
        self()
    }
}

/// The clock of the operating system.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[cfg(feature = "std")]
impl Clock for SystemClock {
    fn now(&self) -> u64 {
        // A clock before 1970 is wrong; at time 0 nothing is valid yet.
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_time_of_the_build_counts_if_it_is_later_than_that_of_the_sources() {
        assert_eq!(earliest(None), TIME_OF_SOURCES);
        for (text, time) in [("0", TIME_OF_SOURCES), ("1800000000", 1_800_000_000)] {
            assert_eq!(earliest(Some(text)), time);
        }
    }

    #[test]
    fn a_clock_is_refused_up_to_the_second_before_the_build() {
        for now in [0, 40, EARLIEST_TIME - 1] {
            let error = check_clock(now).unwrap_err();
            let text = error.to_string();
            assert!(text.contains(&format!("says {now} s")) && text.contains("set the clock"));
        }
        for now in [EARLIEST_TIME, u64::MAX] {
            check_clock(now).unwrap();
        }
    }
}
