//! The log of panics that were caught where nothing else hears of them.

#[cfg(feature = "std")]
use crate::telling::Repeats;
use core::fmt::Display;

/// Writes a panic into the log, or counts it. What panicked is not known where it is caught, so all of
/// the process are one kind.
macro_rules! count {
    ($kind:ident, $panic:ident, $line:literal) => {{
        #[cfg(feature = "std")]
        match $kind.note((), |()| true) {
            Some(count) => tracing::error!(count, panic = %$panic, $line),
            None => tracing::debug!(panic = %$panic, $line),
        }
        #[cfg(not(feature = "std"))]
        tracing::error!(panic = %$panic, $line);
    }};
}

#[cold]
pub(crate) fn drop_panicked(panic: &dyn Display) {
    #[cfg(feature = "std")]
    static DROPS: Repeats<()> = Repeats::new();
    count!(DROPS, panic, "a value of the program panicked as it was dropped");
}

#[cold]
pub(crate) fn waker_panicked(panic: &dyn Display) {
    #[cfg(feature = "std")]
    static WAKERS: Repeats<()> = Repeats::new();
    count!(WAKERS, panic, "a waker panicked");
}
