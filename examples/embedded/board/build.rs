//! Tells the linker where the flash and the memory of the board are.

use std::path::PathBuf;
use std::{env, fs};

/// LM3S6965: 256 KiB of flash at 0, 64 KiB of RAM at 0x2000_0000.
const MEMORY: &str = "MEMORY {
    FLASH : ORIGIN = 0x00000000, LENGTH = 256K
    RAM : ORIGIN = 0x20000000, LENGTH = 64K
}
";

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("memory.x"), MEMORY).expect("the build folder can be written");
    // The interrupts are in `uart.rs`, and the linker has to look for no other names of handlers.
    fs::write(out.join("device.x"), "").expect("the build folder can be written");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rerun-if-changed=build.rs");
}
