use ockam::Worker;

struct Echoer;

#[ockam::worker]
impl Worker for Echoer {}

fn main() {}
