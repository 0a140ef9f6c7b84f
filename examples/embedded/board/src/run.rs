//! The main loop of a program: run what is ready, then sleep until an interrupt.
//!
//! embassy has such a loop for this core as well, which sleeps with `wfe`. QEMU does not sleep
//! then, so this one sleeps with `wfi`, and counts how often it is woken.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use cortex_m::singleton;
use embassy_executor::raw::Executor;
use embassy_executor::Spawner;

/// Somebody is ready to run.
static READY: AtomicBool = AtomicBool::new(false);

static WAKE_UPS: AtomicU32 = AtomicU32::new(0);

/// embassy calls this when a task has been woken.
#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    READY.store(true, Ordering::Relaxed);
}

/// Runs the tasks that `start` spawns.
///
/// # Panics
/// When it is called twice.
pub fn run(start: impl FnOnce(Spawner)) -> ! {
    let executor = singleton!(: Executor = Executor::new(core::ptr::null_mut()));
    let Some(executor) = executor else {
        panic!("the program runs already")
    };
    let executor: &'static Executor = executor;
    start(executor.spawner());
    loop {
        READY.store(false, Ordering::Relaxed);
        // SAFETY: it is called from here alone, and never while it runs.
        unsafe { executor.poll() };
        // An interrupt that comes after the look at `READY` waits for the section to end, and
        // wakes the core all the same.
        critical_section::with(|_| {
            if !READY.load(Ordering::Relaxed) {
                cortex_m::asm::wfi();
                WAKE_UPS.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

/// Returns how often the processor has been woken.
#[must_use]
pub fn wake_ups() -> u32 {
    WAKE_UPS.load(Ordering::Relaxed)
}
