//! A program without `std` that makes two identities, a secure channel between them, and sends a
//! message through it. That it links is the proof: `std` anywhere among its dependencies would
//! bring a second panic handler (`.ci/no_std` checks that too). It exits with 0 if the message
//! came out as it went in.
//!
//! It runs on an ordinary host, where the C library gives it memory.
#![no_std]
#![no_main]

extern crate alloc;

mod channel;
#[path = "../../no_std_core/src/host.rs"]
mod host;

use core::ffi::c_int;

/// The program has one thread and no interrupts, so everything is a critical section.
struct OneThread;

critical_section::set_impl!(OneThread);

// SAFETY: nothing else runs.
unsafe impl critical_section::Impl for OneThread {
    unsafe fn acquire() {}

    unsafe fn release((): ()) {}
}

#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    match channel::check() {
        Some(true) => {
            host::print(&["no_std_identity: the message came out as it went in\n"]);
            0
        }
        Some(false) => {
            host::print(&["no_std_identity: FAILED: another message came out\n"]);
            1
        }
        None => {
            host::print(&["no_std_identity: FAILED: there is no channel\n"]);
            2
        }
    }
}
