//! Counts the bytes that the process has allocated and not freed.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

/// Returns the live bytes of the heap.
pub(crate) fn live() -> i64 {
    LIVE.load(Relaxed)
}

// SAFETY: every call goes to `System` with the arguments that came, and its result is returned as
// it is. Counting touches one atomic number.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: as for `alloc`; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}
