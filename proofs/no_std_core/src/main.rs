//! A program without `std` that uses `ockam_core`. That it links is the proof: `std` anywhere among
//! its dependencies would bring a second panic handler (`.ci/no_std` checks that too). That it
//! exits with 0 says that the results were right; otherwise the code is the number of the check.
//!
//! It runs on an ordinary host, where the C library gives it memory.
#![no_std]
#![no_main]

extern crate alloc;

mod checks;
mod host;

use checks::CHECKS;
use core::ffi::c_int;

#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    for (index, (name, check)) in CHECKS.iter().enumerate() {
        if !check() {
            host::print(&["no_std_core: FAILED: ", name, "\n"]);
            return index as c_int + 1;
        }
    }
    host::print(&["no_std_core: all checks passed\n"]);
    0
}
