//! Runs the checks on the computer: the same code as on a board, but for the clock, the lock and
//! the main loop.

use checks::{CHECKS, Surroundings};
use embassy_executor::{Executor, Spawner};
// Brings the clock.
use embassy_time as _;
use std::fs::File;
use std::io::Read;
use std::process::exit;

fn random(bytes: &mut [u8]) {
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(bytes))
        .expect("it is there");
}

#[embassy_executor::task]
async fn run(spawner: Spawner) {
    let surroundings = Surroundings { spawner: spawner.make_send(), random, fill_heap: None };
    let failed = checks::run(CHECKS, &surroundings, |line| println!("{line}")).await;
    exit(i32::from(failed > 0));
}

fn main() {
    let executor = Box::leak(Box::new(Executor::new()));
    executor.run(|spawner| spawner.spawn(run(spawner).expect("it is spawned once")));
}
