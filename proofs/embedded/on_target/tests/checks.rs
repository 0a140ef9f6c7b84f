//! Runs the checks on a microcontroller. QEMU exits with 0 if all of them pass.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use board::println;
use checks::{CHECKS, Surroundings};
use core::any::Any;
use embassy_executor::Spawner;

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start();
    board::run(|spawner| spawner.spawn(run(spawner).expect("it is spawned once")))
}

#[embassy_executor::task]
async fn run(spawner: Spawner) {
    let surroundings = Surroundings {
        spawner: spawner.make_send(),
        random: board::random,
        fill_heap: Some(fill_heap),
    };
    let failed = checks::run(CHECKS, &surroundings, |line| println!("{line}")).await;
    board::exit(failed == 0)
}

/// Takes pieces, smaller and smaller ones, until there is none any more.
fn fill_heap() -> Box<dyn Any> {
    let mut pieces = Vec::with_capacity(128);
    for size in [16 * 1024, 4 * 1024, 1024, 256, 64, 16, 1] {
        loop {
            let mut piece = Vec::<u8>::new();
            if pieces.len() == pieces.capacity() || piece.try_reserve_exact(size).is_err() {
                break;
            }
            pieces.push(piece);
        }
    }
    Box::new(pieces)
}
