//! The time, from SysTick, for embassy: a tick every millisecond.

use core::cell::RefCell;
use core::task::Waker;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::SYST;
use cortex_m_rt::exception;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::{time_driver_impl, Driver, TICK_HZ};
use embassy_time_queue_utils::Queue;

/// The clock of the core after a reset.
const CORE_HZ: u32 = 12_000_000;

/// How much SysTick counts down in one tick.
const COUNTS_PER_TICK: u32 = CORE_HZ / TICK_HZ as u32;

struct Clock(Mutex<RefCell<State>>);

struct State {
    now: u64,
    /// When the next one has to be woken.
    next: u64,
    queue: Queue,
}

time_driver_impl!(static CLOCK: Clock = Clock(Mutex::new(RefCell::new(State {
    now: 0,
    next: u64::MAX,
    queue: Queue::new(),
}))));

impl Clock {
    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        critical_section::with(|section: CriticalSection<'_>| {
            f(&mut self.0.borrow_ref_mut(section))
        })
    }
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        self.with(|state| state.now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        self.with(|state| {
            if state.queue.schedule_wake(at, waker) {
                state.next = state.next.min(at);
            }
        });
    }
}

pub(crate) fn start(mut systick: SYST) {
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(COUNTS_PER_TICK - 1);
    systick.clear_current();
    systick.enable_counter();
    systick.enable_interrupt();
}

#[exception]
fn SysTick() {
    CLOCK.with(|state| {
        state.now += 1;
        if state.now >= state.next {
            state.next = state.queue.next_expiration(state.now);
        }
    });
}

/// Returns how many instructions the board has run, to some 80 of them. It is right when QEMU
/// counts one instruction as one nanosecond (`-icount shift=0`).
#[must_use]
pub fn instructions() -> u64 {
    let counts = critical_section::with(|_| {
        let ticks = CLOCK.now();
        let count = COUNTS_PER_TICK - 1 - SYST::get_current();
        // The tick may be over, with its interrupt still waiting for this section to end.
        let over = SYST::get_current() > COUNTS_PER_TICK - 1 - count;
        (ticks + u64::from(over)) * u64::from(COUNTS_PER_TICK) + u64::from(count)
    });
    counts * 1_000_000_000 / u64::from(CORE_HZ)
}
