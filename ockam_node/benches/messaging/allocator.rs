//! An allocator that counts, only while it is told to.
//!
//! It owns the counters. While nobody counts it costs one load per call, so that neither times nor
//! instruction counts are about the counting.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// The system's allocator with counters in front.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ALLOCATED: AtomicU64 = AtomicU64::new(0);
static FREED: AtomicU64 = AtomicU64::new(0);

/// What all threads allocated during a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// Calls that returned memory; a `realloc` is one of them.
    pub(crate) allocations: u64,
    /// Bytes that were asked for.
    pub(crate) allocated: u64,
    /// Bytes that were given back.
    pub(crate) freed: u64,
}

impl Count {
    /// Counts what happens while `future` runs, on every thread.
    pub(crate) async fn during<F: Future>(future: F) -> (F::Output, Count) {
        let before = Count::read();
        ON.store(true, Relaxed);
        let output = future.await;
        ON.store(false, Relaxed);
        let after = Count::read();
        let count = Count {
            allocations: after.allocations - before.allocations,
            allocated: after.allocated - before.allocated,
            freed: after.freed - before.freed,
        };
        (output, count)
    }

    fn read() -> Self {
        Count {
            allocations: ALLOCATIONS.load(Relaxed),
            allocated: ALLOCATED.load(Relaxed),
            freed: FREED.load(Relaxed),
        }
    }
}

#[inline]
fn allocated(bytes: usize) {
    if ON.load(Relaxed) {
        ALLOCATIONS.fetch_add(1, Relaxed);
        ALLOCATED.fetch_add(bytes as u64, Relaxed);
    }
}

#[inline]
fn freed(bytes: usize) {
    if ON.load(Relaxed) {
        FREED.fetch_add(bytes as u64, Relaxed);
    }
}

// SAFETY: every call goes to `System` with the arguments that came, and its result is returned as
// it is. The counters are atomics, which neither allocate nor unwind.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: as for `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        freed(layout.size());
        allocated(size);
        // SAFETY: as for `alloc`; `pointer` came from `System`, as all of this allocator do.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        freed(layout.size());
        // SAFETY: as for `realloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}
