//! What the program takes from its host: memory, an exit and a line of output.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};
use core::panic::PanicInfo;
use core::ptr;

#[link(name = "c")]
unsafe extern "C" {
    fn posix_memalign(out: *mut *mut c_void, align: usize, size: usize) -> c_int;
    fn free(memory: *mut c_void);
    fn write(file: c_int, bytes: *const c_void, len: usize) -> isize;
    fn _exit(code: c_int) -> !;
}

/// Writes to standard output. What cannot be written is left.
pub fn print(parts: &[&str]) {
    for part in parts {
        // SAFETY: the bytes are valid for reads of their length.
        unsafe { write(1, part.as_ptr().cast(), part.len()) };
    }
}

struct Malloc;

#[global_allocator]
static MALLOC: Malloc = Malloc;

// SAFETY: `posix_memalign` gives memory of the size and alignment that it is asked for, or fails.
unsafe impl GlobalAlloc for Malloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mut memory = ptr::null_mut();
        // It wants a power of two that is a multiple of a pointer's size.
        let align = layout.align().max(size_of::<usize>());
        // SAFETY: `memory` is valid for writes.
        match unsafe { posix_memalign(&raw mut memory, align, layout.size()) } {
            0 => memory.cast(),
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: the caller got `memory` from `alloc`.
        unsafe { free(memory.cast()) }
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: it has no conditions.
    unsafe { _exit(101) }
}

/// The host's prebuilt `core` and `alloc` name this symbol; with `panic = "abort"` nobody calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The same.
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    // SAFETY: it has no conditions.
    unsafe { _exit(101) }
}
