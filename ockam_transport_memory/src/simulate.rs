//! The clock of a simulation: it stands still while anybody has work, and jumps when nobody has.

use std::future::Future;
use tokio::runtime::Builder;

/// Runs a simulation on a clock of its own: an hour in which little happens takes milliseconds.
///
/// All nodes run in turn on this thread. Whenever every one of them waits, the clock jumps to the
/// next thing that is due. So no time passes while a worker computes, timeouts end exactly when
/// they are due, and with a seed for everything that is drawn (see [`Network`](crate::Network)) a
/// run is the same each time.
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
/// Inside of another async runtime, and if the operating system does not give what a runtime
/// needs. A panic of the simulation goes on through this call.
pub fn simulate<T>(simulation: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    match runtime {
        Ok(runtime) => runtime.block_on(simulation),
        Err(error) => panic!("no runtime for the simulation: {error}"),
    }
}
