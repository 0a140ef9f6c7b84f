//! The target `notice`: what it checks is in `src/notice.rs`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ockam_fuzz::notice::check(data));

/// Without a fuzzer it checks the files that are named.
#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    ockam_fuzz::replay(ockam_fuzz::notice::check)
}
