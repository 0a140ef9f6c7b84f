//! What the examples take from their board, the Stellaris LM3S6965 (Cortex-M3, 256 KiB of flash,
//! 64 KiB of RAM) that QEMU has: a clock, a serial port, memory, random bytes, an exit.
//!
//! It owns everything that is different on another board, where a crate for that chip takes its
//! place. It refuses to know that there are nodes.
//!
//! | file | owns |
//! |---|---|
//! | `clock` | the time, from SysTick, for embassy |
//! | `uart` | the serial port as a stream of bytes |
//! | `host` | what only a simulated board has: output, an exit, random bytes and the time from the host |
//! | `run` | the main loop of the program, which sleeps when nobody has work |
#![no_std]

mod clock;
mod host;
mod run;
mod uart;

pub use clock::instructions;
#[cfg(feature = "console")]
pub use host::print;
pub use host::{exit, random, unix_time};
pub use run::{run, wake_ups};
pub use uart::{uart, Overrun, UartReader, UartWriter};

use embedded_alloc::LlffHeap;

/// How much of the 64 KiB of RAM is heap, unless a program says otherwise. The rest is statics and
/// stack.
pub const HEAP_SIZE: usize = 40 * 1024;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// Sets the board up: memory, clock, serial port. The first call of every program, and once.
pub fn start() {
    start_with_heap(HEAP_SIZE);
}

/// As [`start`], with a heap of so many bytes. Arithmetic on curves needs a large stack.
pub fn start_with_heap(bytes: usize) {
    let Some(core) = cortex_m::Peripherals::take() else {
        panic!("the board was started already");
    };
    // SAFETY: behind the statics is nothing but the stack, which grows towards it from the end of
    // the RAM, and `take` was true once only.
    unsafe {
        HEAP.init(cortex_m_rt::heap_start() as usize, bytes);
    }
    clock::start(core.SYST);
    uart::start(core.NVIC);
}

/// Returns how many bytes of the heap are in use.
#[must_use]
pub fn heap_used() -> usize {
    HEAP.used()
}

/// Prints a line to the host.
#[cfg(feature = "console")]
#[macro_export]
macro_rules! println {
    ($($text:tt)*) => { $crate::print(format_args!($($text)*)) };
}

/// Leaves a line out, with the code that would have formatted it.
#[cfg(not(feature = "console"))]
#[macro_export]
macro_rules! println {
    ($($text:tt)*) => {{
        let _ = || {
            let _ = format_args!($($text)*);
        };
    }};
}
