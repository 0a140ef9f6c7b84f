//! Counts what the current thread holds: a simulation runs on one thread, so that is what it holds.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static HELD: Cell<i64> = const { Cell::new(0) };
}

/// Returns the bytes that this thread has allocated and not freed.
pub(crate) fn held() -> i64 {
    HELD.get()
}

/// Returns the resident memory of the process, or 0 where the system does not say.
pub(crate) fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn count(bytes: i64) {
    // A thread that ends frees what it held when its variables are gone already.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: every call goes to `System` with the arguments that came, and its result is returned as
// it is. Counting touches a variable of the thread that needs no memory and no end.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as for `alloc`; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}
