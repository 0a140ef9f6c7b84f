//! Replays the seeds of every target, and what lies one byte beside them, without a fuzzer.

use ockam_fuzz::{Check, TARGETS, seed};

fn target(name: &str) -> (Vec<Vec<u8>>, Check) {
    let check = TARGETS.iter().find(|target| target.0 == name).expect("it is a target").1;
    (seed::of(name), check)
}

/// Checks every seed, every seed cut short at every byte, and every seed with one byte changed.
fn replay(name: &str) {
    let (seeds, check) = target(name);
    assert!(seeds.len() > 15, "{name} has {} seeds only", seeds.len());
    for seed in &seeds {
        check(seed);
        // Some seeds are kilobytes long, and their bytes are all the same.
        for place in 0..seed.len().min(300) {
            check(&seed[..place]);
            let mut changed = seed.clone();
            for byte in [0, 1, seed[place] ^ 1, seed[place] ^ 0x80, seed[place] ^ 0x1f, 0xff] {
                changed[place] = byte;
                check(&changed);
            }
        }
    }
}

macro_rules! replay {
    ($($test:ident: $target:literal,)*) => {
        $(#[test]
        fn $test() {
            replay($target);
        })*

        #[test]
        fn every_target_is_replayed() {
            assert_eq!(TARGETS.map(|target| target.0), [$($target),*]);
        }
    };
}

replay! {
    frames_in_pieces: "frame",
    messages: "message",
    addresses: "address",
    routes: "route",
    bodies: "body",
    notices: "notice",
    handshakes: "handshake",
    channel_messages: "channel_message",
    histories: "history",
    credentials: "credential",
}
