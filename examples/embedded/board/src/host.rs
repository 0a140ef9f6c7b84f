//! What only a simulated board has: output, an exit and random bytes, all from the host, through
//! semihosting.

use crate::println;
#[cfg(feature = "console")]
use core::fmt::{self, Write};
#[cfg(feature = "console")]
use cortex_m_semihosting::hio;
use cortex_m_semihosting::{debug, syscall};

/// Prints a line to the host. What cannot be written is left.
#[cfg(feature = "console")]
pub fn print(text: fmt::Arguments<'_>) {
    if let Ok(mut output) = hio::hstdout() {
        let _ = output.write_fmt(text);
        let _ = output.write_str("\n");
    }
}

/// Ends the program; QEMU exits with 0 if it is a success and with 1 if not.
pub fn exit(success: bool) -> ! {
    debug::exit(if success {
        debug::EXIT_SUCCESS
    } else {
        debug::EXIT_FAILURE
    });
    loop {
        cortex_m::asm::wfi();
    }
}

/// Fills a buffer with random bytes of the host. A real board has a generator of its own.
///
/// # Panics
/// If the host has none: going on with bytes that can be guessed would be worse.
pub fn random(bytes: &mut [u8]) {
    const PATH: &[u8] = b"/dev/urandom\0";
    /// `rb` in the host's list of modes.
    const MODE: usize = 1;
    // SAFETY: the operation reads the path of the given length; nothing is written to memory.
    let file = unsafe { syscall!(OPEN, PATH.as_ptr(), MODE, PATH.len() - 1) };
    // SAFETY: the operation writes at most `len` bytes to the buffer, which is that long.
    let missing = unsafe { syscall!(READ, file, bytes.as_mut_ptr(), bytes.len()) };
    // SAFETY: the operation touches no memory.
    unsafe { syscall!(CLOSE, file) };
    assert!(
        file != usize::MAX && missing == 0,
        "the host gives no random bytes"
    );
}

/// Returns the time of the host, in seconds since 1970 UTC. A real board has a clock with a battery,
/// or asks somebody it trusts.
#[must_use]
pub fn unix_time() -> u64 {
    // SAFETY: the operation has no argument and touches no memory.
    let seconds = unsafe { syscall!(TIME) };
    seconds as u64
}

/// Says what happened, if there is somebody to read it, and ends the program. A board that is left
/// alone would reset.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("{info}");
    exit(false)
}
