//! The time, which the protocols get as an argument.

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Returns the whole seconds since 1970 UTC.
    fn now(&self) -> u64;
}

/// A function is a clock: for tests, and for machines without a system.
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
        // A clock before 1970 is wrong; then nothing is valid yet.
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs())
    }
}
