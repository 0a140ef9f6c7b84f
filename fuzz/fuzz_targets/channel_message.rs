//! The target `channel_message`: what it checks is in `src/channel_message.rs`.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ockam_fuzz::channel_message::check(data));

/// Without a fuzzer it checks the files that are named.
#[cfg(not(fuzzing))]
fn main() -> std::io::Result<()> {
    ockam_fuzz::replay(ockam_fuzz::channel_message::check)
}
