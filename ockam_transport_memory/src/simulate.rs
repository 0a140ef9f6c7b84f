//! The clock of a simulation: it stands still while any task is runnable, and jumps to the next
//! timer when none is.

use std::future::Future;
use tokio::runtime::Builder;

/// Runs a simulation on a simulated clock: an hour in which little happens takes milliseconds.
///
/// All nodes run on this thread. Whenever all of them wait, the clock jumps to the next timer. No
/// time passes while a worker computes, timeouts fire exactly when they are due, and with seeded
/// randomness (see [`Network`](crate::Network)) every run is the same.
///
/// `#[tokio::test(start_paused = true)]` gives a test the same clock.
///
/// ```
/// use ockam_transport_memory::simulate;
/// use std::time::Duration;
///
/// let begun = std::time::Instant::now();
/// simulate(async { tokio::time::sleep(Duration::from_secs(24 * 3600)).await });
/// assert!(begun.elapsed() < Duration::from_secs(60));
/// ```
///
/// # Panics
/// Panics inside of another async runtime, and if the operating system cannot provide the
/// resources of a runtime. A panic of the simulation propagates through this call.
pub fn simulate<T>(simulation: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    match runtime {
        Ok(runtime) => runtime.block_on(simulation),
        Err(error) => panic!("no runtime for the simulation: {error}"),
    }
}
