//! How much memory a piece of work holds at most, counted by the allocator of this crate.
//!
//! It owns the count, which is one per thread, so that tests may run side by side. It refuses to
//! know what is too much.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// The bytes that this thread asked for and did not give back.
    static HELD: Cell<isize> = const { Cell::new(0) };
    /// The most that `HELD` has been since the count began.
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// Counts bytes that are asked for, or given back if it is negative.
fn count(bytes: isize) {
    let held = HELD.get() + bytes;
    HELD.set(held);
    PEAK.set(PEAK.get().max(held));
}

// SAFETY: every call goes to `System` with the arguments that came, and its result is returned as
// it is. Counting allocates nothing. The default `realloc` and `alloc_zeroed` call these two.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // No layout is larger than `isize::MAX`.
        count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as for `alloc`; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs `work` and returns with its output the most bytes that it held at a time.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    PEAK.set(before);
    let output = work();
    (output, PEAK.get().abs_diff(before))
}
