//! The main loop of a program: run what is ready, then sleep until an interrupt.

use core::sync::atomic::{AtomicU32, Ordering};
use cortex_m::singleton;
use embassy_executor::raw::Executor;
use embassy_executor::Spawner;

static WAKE_UPS: AtomicU32 = AtomicU32::new(0);

/// Says to embassy's pender that it is the main loop that has to be woken.
const THREAD_PENDER: usize = usize::MAX;

/// Runs the tasks that `start` spawns. It is embassy's own main loop, but for a count.
///
/// # Panics
/// When it is called twice.
pub fn run(start: impl FnOnce(Spawner)) -> ! {
    let Some(executor) = singleton!(: Executor = Executor::new(THREAD_PENDER as *mut ())) else {
        panic!("the program runs already");
    };
    let executor: &'static Executor = executor;
    start(executor.spawner());
    loop {
        // SAFETY: it is called from here alone, and never while it runs.
        unsafe { executor.poll() };
        cortex_m::asm::wfe();
        WAKE_UPS.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns how often the processor has been woken.
#[must_use]
pub fn wake_ups() -> u32 {
    WAKE_UPS.load(Ordering::Relaxed)
}
